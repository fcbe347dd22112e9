import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'vitest';
import { describe, expect, it, vi } from 'vitest';
import type { ModelScript, OpenAiCompatibleServer } from '../../support/openai-compatible-server.js';
import { startOpenAiCompatibleServer } from '../../support/openai-compatible-server.js';
import { playRds } from '../../support/rds-script.js';

type Line = Readonly<Record<string, unknown>>;

interface Demo {
  readonly child: ChildProcess;
  /** The first line there is. */
  readonly firstLine: Promise<Line>;
  /** Every line, and everything on stdout and stderr, once the demo has ended. */
  end(): Promise<{
    readonly exitCode: number | null;
    readonly lines: readonly Line[];
    readonly text: string;
  }>;
  /** What the demo left in its temporary folder; tsx keeps a cache of its own there. */
  left(): readonly string[];
}

function startDemo({ onTestFinished }: TestContext, changes: Readonly<Record<string, string>> = {}): Demo {
  const folder = mkdtempSync(join(tmpdir(), 'graph-fleet-demo-test-'));
  const { OPENAI_API_KEY: _key, OPENAI_BASE_URL: _url, MODEL: _model, ...inherited } = process.env;
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/commands/demo/main.ts', '--json'], {
    env: { ...inherited, TMPDIR: folder, ...changes },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: Line[] = [];
  const texts: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (text) => {
    texts.push(text);
    lines.push(JSON.parse(text));
  });
  child.stderr.on('data', (text: Buffer) => texts.push(text.toString()));
  const firstLine = once(reader, 'line').then(([text]) => JSON.parse(text));
  const closed = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await closed;
    rmSync(folder, { recursive: true });
  });
  return {
    child,
    firstLine,
    end: async () => {
      await closed;
      return { exitCode: child.exitCode, lines, text: texts.join('\n') };
    },
    left: () => readdirSync(folder).filter((name) => name.startsWith('graph-fleet')),
  };
}

async function startModel(
  { onTestFinished }: TestContext,
  script: ModelScript,
): Promise<OpenAiCompatibleServer> {
  const server = await startOpenAiCompatibleServer(script);
  onTestFinished(() => server.close());
  return server;
}

function isListening(url: unknown): Promise<boolean> {
  return fetch(String(url)).then(
    () => true,
    () => false,
  );
}

function members(lines: readonly Line[], event: string, member: string): unknown[] {
  return lines.filter((line) => line['event'] === event).map((line) => line[member]);
}

const token = /eyJ[\w-]+\./;

describe.concurrent('npm run demo', { timeout: 180_000 }, () => {
  it('creates as Alice, is refused as Bob, shows both in the audit trail, and leaves nothing behind', async (context) => {
    const demo = startDemo(context);

    const { exitCode, lines, text } = await demo.end();

    expect(text).toContain('{"demo":"ok"}');
    expect(exitCode).toBe(0);
    expect(lines.at(-1)).toEqual({ demo: 'ok' });
    expect(members(lines, 'checked', 'step')).toEqual([
      ...['created', 'state', 'credentials', 'refused', 'not-offered', 'audit'],
    ]);
    expect(members(lines, 'started', 'model')).toEqual(['offline']);
    expect(members(lines, 'progress', 'state')).toEqual(['pending', 'creating', 'available']);
    expect(lines).toContainEqual({
      event: 'tool',
      tool: 'create_cloud_resource',
      ending: 'permission-denied',
    });
    expect(members(lines, 'audit', 'lines')).toEqual([
      expect.arrayContaining([
        expect.objectContaining({ who: 'alice', action: 'create_cloud_resource', decision: 'allowed' }),
        expect.objectContaining({ who: 'bob', action: 'create_cloud_resource', decision: 'denied' }),
      ]),
    ]);
    expect(text).not.toMatch(token);
    expect(demo.left()).toEqual([]);
    expect(await isListening(lines[0]?.['agentServer'])).toBe(false);
  });

  it('goes the same way through an OpenAI-compatible endpoint, which gets no token and no password', async (context) => {
    const model = await startModel(context, playRds);
    const demo = startDemo(context, {
      MODEL: 'openai:test-model',
      OPENAI_BASE_URL: model.baseUrl,
      // What a shell may have set for another installation does not reach the demo.
      ...{ NODE_ENV: 'production', AUTH_AUDIENCE: 'another', DATABASE_URL: 'postgres://127.0.0.1:9/none' },
    });

    const { exitCode, lines, text } = await demo.end();
    const sent = model.received.map(({ headers, body }) => JSON.stringify(headers) + body).join('\n');

    expect(text).toContain('{"demo":"ok"}');
    expect(exitCode).toBe(0);
    expect(members(lines, 'started', 'model')).toEqual(['openai:test-model']);
    expect(Math.max(...members(lines, 'answer', 'pieces').map(Number))).toBeGreaterThan(5);
    expect(model.received.filter(({ status }) => status !== 200)).toEqual([]);
    expect(sent).toContain('orders-db');
    expect(sent).not.toMatch(token);
    expect(sent).not.toMatch(/password\\*":\s*\\*"/);
  });

  it('ends with one sentence and without "ok" at a step that goes wrong', async (context) => {
    const model = await startModel(context, () => ({ text: 'I would rather not.' }));
    const demo = startDemo(context, { MODEL: 'openai:test-model', OPENAI_BASE_URL: model.baseUrl });

    const { exitCode, lines, text } = await demo.end();

    expect(exitCode).toBe(1);
    expect(lines.at(-1)).toEqual({ event: 'failed', message: 'Alice was not asked for an approval.' });
    expect(text).not.toContain('"demo":"ok"');
    expect(demo.left()).toEqual([]);
  });

  it('names the setting that keeps the servers from starting', async (context) => {
    const { exitCode, lines } = await startDemo(context, { MODEL: 'openai:test-model' }).end();

    expect(exitCode).toBe(1);
    expect(lines).toEqual([
      { event: 'failed', message: expect.stringContaining('OPENAI_API_KEY: MODEL is') },
    ]);
  });

  it('leaves no server and no folder when it is interrupted', async (context) => {
    const demo = startDemo(context);
    const { agentServer } = await demo.firstLine;
    const health = `${String(agentServer)}/healthz`;
    const wasListening = await isListening(health);

    demo.child.kill('SIGINT');
    const { exitCode, text } = await demo.end();

    expect(wasListening).toBe(true);
    expect(exitCode).toBe(130);
    expect(text).not.toContain('"demo":"ok"');
    expect(demo.left()).toEqual([]);
    expect(await isListening(health)).toBe(false);
  });

  it('leaves no server when nobody reads what it prints, nor when it is killed', async (context) => {
    const [unread, killed] = [startDemo(context), startDemo(context)];
    const started = await Promise.all([unread.firstLine, killed.firstLine]);

    unread.child.stdout?.destroy();
    killed.child.kill('SIGKILL');
    const ended = await unread.end();
    await killed.end();

    expect(ended.exitCode).toBe(130);
    expect(unread.left()).toEqual([]);
    for (const { agentServer } of started) {
      await vi.waitFor(async () => expect(await isListening(agentServer)).toBe(false), { timeout: 30_000 });
    }
  });
});
