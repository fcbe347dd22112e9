import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestAgentServer } from '../support/agent-server.js';
import { startAgentServer } from '../support/agent-server.js';
import { openApproval, wholeRequest } from '../support/agent-api.js';
import type { Canary, Place, PlaceReport } from '../support/canary.js';
import { createCanarySearch, toReportTable } from '../support/canary.js';
import type { AnswerRecord } from '../support/canary-callers.js';
import type { PlatformLine } from '../support/canary-line.js';
import { openPlatformLine } from '../support/canary-line.js';
import { readFiles, readProcesses, readTables } from '../support/canary-places.js';
import { makeTokens, toCanaries } from '../support/canary-tokens.js';
import type { Tour } from '../support/canary-tour.js';
import { callerOf, goThroughSignIn, goWell, goWrong, readEverything } from '../support/canary-tour.js';
import { startChild } from '../support/child.js';
import type { TraceApi } from '../support/trace-api.js';
import { startTraceApi } from '../support/trace-api.js';
import type { WebhookReceiver } from '../support/webhook-receiver.js';
import { startWebhookReceiver } from '../support/webhook-receiver.js';

const langsmithKey = 'lsv2_pt_canary0f1e2d3c4b5a69788796a5b4c3d2e1f_0a1b2c3d4e';
const configNote = 'a-note-of-the-callers-own-config-5f0c2b7e9d';
let traces: TraceApi;
let hooks: WebhookReceiver;
let line: PlatformLine;
let server: TestAgentServer;
let reports: readonly PlaceReport[];
let openFiles: readonly string[];
const record: AnswerRecord = { answers: [], streams: [] };

beforeAll(async () => {
  [traces, hooks, line] = await Promise.all([startTraceApi(), startWebhookReceiver(), openPlatformLine()]);
  server = await startAgentServer({
    movableClock: true,
    env: {
      PLATFORM_PORT: String(line.platformPort),
      PLATFORM_MCP_URL: line.url,
      ALLOWED_WEBHOOKS: `${hooks.origin}/hooks`,
      LANGSMITH_TRACING: 'true',
      LANGSMITH_ENDPOINT: traces.url,
      LANGSMITH_API_KEY: langsmithKey,
      DEBUG: '*',
      LOG_LEVEL: 'debug',
    },
  });
  const { places, canaries } = await sweep();
  const search = createCanarySearch(canaries);
  reports = places.map(search);
  process.stdout.write(toReportTable(reports));
}, 600_000);

afterAll(async () => {
  await server.remove();
  await Promise.all([traces.close(), hooks.close(), line.cut()]);
});

/** Goes through everything and reads every place, first while the password is sealed and again when it was given out. */
async function sweep(): Promise<{ places: readonly Place[]; canaries: readonly Canary[] }> {
  const audiences = ['graph-fleet', line.url];
  const tokens = await makeTokens(server, audiences);
  const webhook = `${hooks.origin}/hooks/ended`;
  const tour: Tour = { server, line, tokens, record, webhook, configNote };
  const threadId = await goWell(tour);
  await goWrong(tour, threadId);
  const processes = await readProcesses(server.dataDir);
  const waiting = await openLast(tour);
  const atRest = await readPlaces();

  await server.stop();
  await server.start();
  const restarted = await server.token('alice', { audiences });
  const done = await callerOf(tour, restarted).decide(waiting, { type: 'approve' });
  expect(done.text).toContain('last-db is recorded');
  let renewed = '';
  await goThroughSignIn(tour, async () => (renewed = await server.token('alice', { audiences })));
  await readEverything(tour, renewed);
  const metrics = await callerOf(tour, renewed).send('GET', '/metrics');
  const status = await callerOf(tour, renewed).send('GET', '/mcp/status');
  const live = await readPlaces();
  const password = await revealPassword(renewed);
  const after = await readPlaces();
  const audit = await printAudit();
  await Promise.all([traces.seen('expiring-db'), hooks.atLeast(3)]);
  await server.stop();
  const closed = await readPlaces();

  const sealKey = closed.fileText('platform-seal.key').trim();
  const [signingKey] = JSON.parse(closed.fileText('development-keys.json')).keys;
  openFiles = closed.openFiles;
  const joined = (read: (places: DataPlaces) => readonly string[]): readonly string[] =>
    [atRest, live, after, closed].flatMap(read);
  const places: readonly Place[] = [
    {
      name: 'checkpoints and writes',
      texts: joined(({ checkpoints }) => checkpoints),
      witness: 'streamed-db',
    },
    { name: 'platform tables', texts: joined(({ platform }) => platform), witness: 'streamed-db' },
    {
      name: 'agent.db and its journal, raw',
      texts: joined(({ files }) => files.agent),
      witness: 'streamed-db',
    },
    {
      name: 'platform.db and its journal, raw',
      texts: joined(({ files }) => files.platform),
      witness: 'streamed-db',
    },
    { name: 'thread and run records', texts: joined(({ records }) => records), witness: 'streamed-db' },
    {
      name: 'records.db and its journal, raw',
      texts: joined(({ files }) => files.records),
      witness: 'run_id',
    },
    { name: 'other files', texts: joined(({ files }) => files.others), witness: 'ES256' },
    { name: 'answers', texts: record.answers, witness: 'edited-db' },
    { name: 'streams', texts: record.streams, witness: 'streamed-db' },
    { name: 'traces', texts: traces.uploads, witness: 'streamed-db' },
    { name: 'webhooks', texts: hooks.received, witness: 'rejected-db' },
    { name: 'output and logs', texts: [server.output()], witness: 'tool.called' },
    { name: 'GET /metrics', texts: [metrics.text], witness: '' },
    { name: 'GET /mcp/status', texts: [status.text], witness: 'cloud-platform' },
    { name: 'npm run audit', texts: [audit], witness: 'create_cloud_resource' },
    { name: 'command lines', texts: processes.commandLines, witness: 'main.ts' },
    { name: 'environments', texts: processes.environments, witness: 'LANGSMITH_TRACING' },
  ];
  const everywhereButWebhooks = places.map(({ name }) => name).filter((name) => name !== 'webhooks');
  const canaries: readonly Canary[] = [
    ...toCanaries({ ...tokens, restarted, renewed }),
    { name: 'database password', text: password },
    { name: 'seal key', text: sealKey, allowedIn: ['other files'] },
    { name: 'seal key as bytes', text: Buffer.from(sealKey, 'base64').toString('latin1') },
    { name: 'development key', text: signingKey.d, allowedIn: ['other files'] },
    { name: 'LangSmith key', text: langsmithKey, allowedIn: ['environments'] },
    { name: 'a caller’s config', text: configNote, allowedIn: everywhereButWebhooks },
  ];
  return { places, canaries };
}

/** A run that waits while the server is stopped and started. */
async function openLast(tour: Tour): Promise<string> {
  const alice = callerOf(tour, tour.tokens.header);
  const threadId = await alice.thread();
  expect(openApproval(await alice.say(threadId, wholeRequest('last-db')))).toBeDefined();
  return threadId;
}

type DataPlaces = Awaited<ReturnType<typeof readPlaces>>;

async function readPlaces() {
  const { dataDir } = server;
  const files = await readFiles(dataDir);
  const textsOf = (belongs: (path: string) => boolean): readonly string[] =>
    files.filter(({ path }) => belongs(path)).map(({ text }) => text);
  const isRecord = (path: string): boolean => path.startsWith('records.db');
  const isDatabase = (path: string): boolean => /^(?:agent|platform|records)\.db/.test(path);
  return {
    fileText: (name: string): string => files.find(({ path }) => path === name)?.text ?? '',
    checkpoints: readTables(`${dataDir}/agent.db`),
    platform: readTables(`${dataDir}/platform.db`),
    records: readTables(`${dataDir}/records.db`),
    openFiles: files.filter(({ mode }) => (mode & 0o077) !== 0).map(({ path }) => path),
    files: {
      agent: textsOf((path) => path.startsWith('agent.db')),
      platform: textsOf((path) => path.startsWith('platform.db')),
      records: textsOf(isRecord),
      others: textsOf((path) => !isDatabase(path)),
    },
  };
}

/** The one answer that holds a password is not recorded. */
async function revealPassword(token: string): Promise<string> {
  const path = /\/resources\/res_\w+\/credentials/.exec(record.streams.join('\n'))?.[0] ?? '';
  const url = `${new URL(line.url).origin}${path}`;
  const response = await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  const { credentials } = (await response.json()) as { credentials: { password: string } };
  expect(credentials.password).toHaveLength(30);
  return credentials.password;
}

async function printAudit(): Promise<string> {
  const settings = { DATA_DIR: server.dataDir };
  const children = [[], ['--json'], ['verify']].map((words) =>
    startChild('commands/audit/main.ts', words, settings),
  );
  expect(await Promise.all(children.map((child) => child.ended()))).toEqual([0, 0, 0]);
  return children.map(({ output }) => `${output.stdout}${output.stderr}`).join('\n');
}

describe('after every kind of run, failure and restart', () => {
  const places = [
    ...['checkpoints and writes', 'platform tables', 'agent.db and its journal, raw'],
    ...['platform.db and its journal, raw', 'thread and run records', 'records.db and its journal, raw'],
    ...['other files', 'answers', 'streams'],
    ...['traces', 'webhooks', 'output and logs', 'GET /metrics', 'GET /mcp/status', 'npm run audit'],
    ...(process.platform === 'linux' ? ['command lines', 'environments'] : []),
  ];

  it.each(places)('no token, password or key stands in: %s', (name) => {
    const report = reports.find(({ place }) => place === name);

    expect(report?.bytes).toBeGreaterThan(0);
    expect(report?.hasWitness).toBe(true);
    expect(report?.found).toEqual([]);
  });

  it('the tracer was given the operator’s key and every run', () => {
    expect([...traces.keys]).toEqual([langsmithKey]);
    for (const name of ['streamed-db', 'edited-db', 'denied-db', 'expiring-db'])
      expect(traces.uploads.some((upload) => upload.includes(name))).toBe(true);
  });

  it('nobody but its owner may open a file of the data folder', () => {
    expect(openFiles).toEqual([]);
  });
});
