import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentApi } from '../support/agent-api.js';
import { assistantId, createAgentApi, openApproval, wholeRequest } from '../support/agent-api.js';
import type { TestAgentServer } from '../support/agent-server.js';
import { startAgentServer } from '../support/agent-server.js';

let server: TestAgentServer;
let alice: AgentApi;
let bob: AgentApi;

beforeAll(async () => {
  server = await startAgentServer();
  alice = createAgentApi(server.url(), await server.token('alice'));
  bob = createAgentApi(server.url(), await server.token('bob'));
});
afterAll(() => server.remove());

describe('what the server keeps for itself', () => {
  it('wipes nothing for anybody', async () => {
    const all = { runs: true, threads: true, assistants: true, checkpointer: true, store: true };

    const threadId = await alice.thread();
    expect((await bob.send('POST', '/internal/truncate', all)).status).toBe(404);
    expect((await alice.send('POST', '/internal/truncate', all)).status).toBe(404);
    expect((await bob.send('POST', '/intern%61l/truncate', all)).status).toBe(404);
    expect((await alice.send('GET', `/threads/${threadId}`)).status).toBe(200);
  });

  it('takes nobody for Studio', async () => {
    const nobody = createAgentApi(server.url());
    const studio = { 'x-auth-scheme': 'langsmith', origin: 'https://smith.langchain.com' };

    for (const path of ['/threads/search', '/assistants/search', '/runs']) {
      const answer = await nobody.send('POST', path, { assistant_id: assistantId }, studio);
      expect([path, answer.status]).toEqual([path, 401]);
    }
    // Nothing but authentication stands before these.
    expect((await nobody.send('GET', '/ok', undefined, studio)).status).toBe(401);
    expect((await nobody.send('POST', '/internal/truncate', {}, studio)).status).toBe(404);
  });

  it('shows assistants and lets nobody change them', async () => {
    const id = (await alice.send('POST', '/assistants/search', {})).json[0].assistant_id;

    expect((await alice.send('GET', `/assistants/${id}`)).json.graph_id).toBe(assistantId);
    expect((await alice.send('POST', '/assistants', { graph_id: assistantId })).status).toBe(403);
    expect((await alice.send('PATCH', `/assistants/${id}`, { name: 'mine' })).status).toBe(403);
    expect((await alice.send('POST', `/assistants/${id}/latest`, { version: 1 })).status).toBe(403);
    expect((await alice.send('DELETE', `/assistants/${id}`)).status).toBe(403);
  });

  it('names the owner of a thread itself, whatever a client writes', async () => {
    const metadata = { owner: 'http://localhost/dev|bob' };
    const created = await alice.send('POST', '/threads', { metadata });
    const id = created.json.thread_id;
    const run = {
      assistant_id: assistantId,
      input: { messages: [{ role: 'user', content: 'hello' }] },
      metadata,
    };

    const patched = await alice.send('PATCH', `/threads/${id}`, { metadata });
    await alice.send('POST', `/threads/${id}/runs/wait`, run);
    const stateless = await alice.send('POST', '/runs', { ...run, on_completion: 'keep' });

    const owner = 'http://localhost/dev|alice';
    expect([created, patched, stateless].map(({ json }) => json.metadata.owner)).toEqual([
      owner,
      owner,
      owner,
    ]);
    expect((await bob.send('GET', `/threads/${id}`)).status).toBe(404);
    expect((await bob.send('GET', `/threads/${stateless.json.thread_id}`)).status).toBe(404);
  });

  it('lets no config of a run say who runs, where, or with which engine', async () => {
    const id = await bob.thread();
    const threadId = await alice.thread();
    const configurable = {
      user_id: 'http://localhost/dev|alice',
      thread_id: threadId,
      langgraph_auth_user: { identity: 'http://localhost/dev|alice', permissions: ['platform'] },
      langgraph_auth_user_id: 'http://localhost/dev|alice',
      __pregel_checkpointer: {},
      __pregel_resuming: true,
      __pregel_resume_map: {},
      langsmith_project: 'exfiltrate',
    };

    const answer = await bob.say(id, wholeRequest('spoof-db'), { config: { configurable } });

    expect(openApproval(answer)).toBeDefined();
    const run = (await bob.send('GET', `/threads/${id}/runs`)).json[0];
    expect(run.kwargs.config.configurable).toMatchObject({
      thread_id: id,
      langgraph_auth_user_id: 'http://localhost/dev|bob',
    });
    expect(
      Object.keys(run.kwargs.config.configurable).filter((key) => /^(?:__|x-|langsmith_)/.test(key)),
    ).toEqual([]);
    const { values } = (await bob.send('GET', `/threads/${id}/state`)).json;
    expect(values._threadOwner.subject).toBe('bob');
  });
});
