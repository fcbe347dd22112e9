import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentApi, ApiAnswer, Json } from '../support/agent-api.js';
import { assistantId, createAgentApi, wholeRequest } from '../support/agent-api.js';
import type { TestAgentServer } from '../support/agent-server.js';
import { startAgentServer } from '../support/agent-server.js';
import { readResourceNames } from '../support/platform-records.js';

let server: TestAgentServer;
let alice: AgentApi;

beforeAll(async () => {
  server = await startAgentServer();
  alice = createAgentApi(server.url(), await server.token('alice'));
});
afterAll(() => server.remove());

const command = (threadId: string, method: string, params: object): Promise<ApiAnswer> =>
  alice.send('POST', `/threads/${threadId}/commands`, { id: 1, method, params });

const readState = async (threadId: string): Promise<Json> =>
  (await alice.send('GET', `/threads/${threadId}/state`)).json;

/** Waits until a thread's state is as expected. Protocol v2 tells neither the run's id nor when it has begun. */
async function stateWhen(threadId: string, isReached: (state: Json) => boolean): Promise<Json> {
  let state: Json;
  await expect
    .poll(
      async () => {
        state = await readState(threadId);
        return isReached(state);
      },
      { timeout: 60_000, interval: 100 },
    )
    .toBe(true);
  return state;
}

const waits = ({ tasks }: Json): boolean => tasks[0]?.interrupts[0] !== undefined;
const hasEnded = ({ next, values }: Json): boolean => next.length === 0 && (values.messages ?? []).length > 0;

/** The last message of a state; protocol v2 leaves its content in blocks. */
const lastWords = ({ values }: Json): string => JSON.stringify(values.messages.at(-1).content);

async function say(threadId: string, content: string): Promise<void> {
  const input = { messages: [{ role: 'user', content }] };
  const started = await command(threadId, 'run.start', { assistant_id: assistantId, input });
  expect(started.json.type).toBe('success');
}

/** A thread that waits for an approval, and the interrupt’s id. */
async function openRequest(name: string): Promise<{ threadId: string; interrupt_id: string }> {
  const threadId = await alice.thread();
  await say(threadId, wholeRequest(name));
  const { tasks } = await stateWhen(threadId, waits);
  return { threadId, interrupt_id: tasks[0].interrupts[0].id };
}

describe('an approval over protocol v2', () => {
  it('is answered by the interrupt’s id', async () => {
    const { threadId, interrupt_id } = await openRequest('answered-db');
    const response = { decisions: [{ type: 'approve' }] };

    const answer = await command(threadId, 'input.respond', { namespace: [], interrupt_id, response });

    expect(answer.json.type).toBe('success');
    expect(lastWords(await stateWhen(threadId, hasEnded))).toContain('answered-db is recorded');
    expect(await readResourceNames(server.dataDir)).toContain('answered-db');
  });

  it('stays open when the answer is none', async () => {
    const { threadId, interrupt_id } = await openRequest('open-db');
    const response = { decisions: [] };

    const answer = await command(threadId, 'input.respond', { namespace: [], interrupt_id, response });

    expect(answer.text).toContain('resume.decisions');
    expect((await readState(threadId)).tasks[0].interrupts[0].id).toBe(interrupt_id);
    expect((await alice.send('GET', `/threads/${threadId}/runs`)).json).toHaveLength(1);
  });

  it('is rejected by a new message, with its text', async () => {
    const { threadId } = await openRequest('refused-db');

    await say(threadId, 'No, list the environments instead');

    const state = await stateWhen(threadId, hasEnded);
    expect(state.tasks).toEqual([]);
    expect(JSON.stringify(state.values.messages)).toContain('No, list the environments instead');
    expect(lastWords(state)).toContain('staging');
    expect(await readResourceNames(server.dataDir)).not.toContain('refused-db');
  });
});

describe('a run over protocol v2', () => {
  it('is recorded as it ended, and its end is waited for', async () => {
    const threadId = await alice.thread();
    const input = { messages: [{ role: 'user', content: 'which organizations are there?' }] };

    const started = await command(threadId, 'run.start', { assistant_id: assistantId, input });
    const { run_id } = started.json.result;
    const joined = await alice.send('GET', `/threads/${threadId}/runs/${run_id}/join`);
    const run = await alice.send('GET', `/threads/${threadId}/runs/${run_id}`);

    expect(run.json.status).toBe('success');
    expect(JSON.stringify(joined.json.messages.at(-1).content)).toContain('acme');
    expect((await alice.send('GET', `/threads/${threadId}`)).json.status).toBe('idle');
  });
});
