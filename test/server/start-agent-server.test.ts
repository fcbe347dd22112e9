import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestAgentServer } from '../support/agent-server.js';
import { startAgentServer } from '../support/agent-server.js';
import { readFiles, readTables } from '../support/canary-places.js';

let server: TestAgentServer;

beforeAll(async () => {
  server = await startAgentServer({ env: { ALLOWED_ORIGINS: 'https://app.example.com' } });
});
afterAll(() => server.remove());

describe('startAgentServer', () => {
  it('names the port that it really listens on', async () => {
    expect(await (await fetch(`${server.url()}/healthz`)).json()).toEqual({ status: 'ok' });
  });

  it.each([
    ['https://app.example.com', 'https://app.example.com'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['https://smith.langchain.com', 'https://smith.langchain.com'],
    ['https://app.example.com.evil.example', null],
    ['https://appXexample.com', null],
  ])('lets pages of %s read answers: %s', async (origin, allowed) => {
    const headers = { origin, 'access-control-request-method': 'POST' };

    const answer = await fetch(`${server.url()}/threads`, { method: 'OPTIONS', headers });

    expect(answer.headers.get('access-control-allow-origin')).toBe(allowed);
  });

  it('keeps its records in the data folder, and nothing of them in files of the LangGraph server', async () => {
    const authorization = `Bearer ${await server.token('alice')}`;
    const headers = { authorization, 'content-type': 'application/json' };
    const made = await fetch(`${server.url()}/threads`, { method: 'POST', headers, body: '{}' });
    const { thread_id } = (await made.json()) as { thread_id: string };

    const { code } = await server.stop();

    expect(code).toBe(0);
    expect(readTables(join(server.dataDir, 'records.db')).join()).toContain(thread_id);
    const files = await readFiles(join(server.dataDir, '.langgraph_api'));
    expect(files.map(({ path }) => path)).not.toContain('.langgraphjs_ops.json');
    expect(files.filter(({ text }) => text.includes(thread_id))).toEqual([]);
  });
});
