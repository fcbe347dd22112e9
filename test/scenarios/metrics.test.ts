import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiAnswer } from '../support/agent-api.js';
import { createAgentApi, lastText } from '../support/agent-api.js';
import type { TestAgentServer } from '../support/agent-server.js';
import { startAgentServer } from '../support/agent-server.js';

let server: TestAgentServer;
beforeAll(async () => {
  server = await startAgentServer();
});
afterAll(() => server.remove());

const question = 'which organizations are there?';
const askNobody = (headers = {}): Promise<ApiAnswer> =>
  createAgentApi(server.url()).send('GET', '/metrics', undefined, headers);

const knownLabels = [
  ...['from', 'kind', 'le', 'major', 'minor', 'outcome', 'patch'],
  ...['reason', 'server', 'space', 'state', 'type', 'version'],
];

/** The value of a series of the platform’s. */
async function valueOf(name: string, labels = ''): Promise<number> {
  const { text } = await askNobody();
  const series = `graph_fleet_mcp_${name}{server="cloud-platform"${labels}}`;
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length));
}

describe('GET /metrics of the agent server', () => {
  it('counts what runs do, and names nobody', async () => {
    const tokens = { alice: await server.token('alice'), bob: await server.token('bob') };
    for (const token of Object.values(tokens)) {
      const person = createAgentApi(server.url(), token);
      expect(lastText(await person.say(await person.thread(), question))).toContain('acme');
    }

    const { text, status } = await askNobody();

    expect(status).toBe(200);
    expect(await valueOf('calls_total', ',outcome="ok"')).toBeGreaterThanOrEqual(2);
    expect(await valueOf('call_duration_seconds_count')).toBeGreaterThanOrEqual(2);
    // A server of the 2026-07-28 era that is known already is asked nothing before the first request of the next person.
    expect(await valueOf('connects_total')).toBeGreaterThanOrEqual(1);
    expect(await valueOf('tool_list_reads_total', ',from="server"')).toBeGreaterThanOrEqual(2);
    expect(await valueOf('calls_in_flight')).toBe(0);
    expect(await valueOf('breaker_state', ',state="closed"')).toBe(1);
    expect(text).toMatch(/^process_resident_memory_bytes \d/m);
    for (const token of Object.values(tokens)) {
      const [header = '', claims = '', signature = ''] = token.split('.');
      const { jti, sub, org, iss } = JSON.parse(Buffer.from(claims, 'base64url').toString());
      for (const secret of [header, claims, signature, jti, sub, org, iss])
        expect(text).not.toContain(secret);
    }
    const labels = new Set([...text.matchAll(/(\w+)="/g)].map(([, label]) => label));
    expect([...labels].sort()).toEqual(knownLabels);
  });

  it('answers to its own host names and origins alone, credentials or not', async () => {
    expect((await askNobody({ authorization: 'Bearer nonsense' })).status).toBe(200);
    expect((await askNobody({ origin: 'https://evil.example' })).status).toBe(403);
    expect((await createAgentApi(server.url()).send('POST', '/metrics', {})).status).toBe(401);
    expect((await createAgentApi(server.url()).send('GET', '/metrics/')).status).toBe(401);
  });

  it('and GET /mcp/status tell the same story of a run that nobody asked about before', async () => {
    const token = await server.token('carol');
    const carol = createAgentApi(server.url(), token);
    const before = await valueOf('calls_total', ',outcome="ok"');
    await carol.say(await carol.thread(), question);

    const { json } = await carol.send('GET', '/mcp/status');

    expect(await valueOf('calls_total', ',outcome="ok"')).toBeGreaterThan(before);
    expect(json.servers).toMatchObject([{ name: 'cloud-platform', state: 'up', breaker: 'closed' }]);
    expect(json.servers[0].tools).toContain('create_cloud_resource');
  });
});
