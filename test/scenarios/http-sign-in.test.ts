import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentApi, StreamEvent } from '../support/agent-api.js';
import { createAgentApi, lastText, openApproval, wholeRequest } from '../support/agent-api.js';
import type { TestAgentServer } from '../support/agent-server.js';
import { startAgentServer } from '../support/agent-server.js';
import { readResourceNames } from '../support/platform-records.js';

const approve = { type: 'approve' };
const signInAsked = {
  type: 'sign-in',
  reason: 'expired',
  message: 'Your sign-in has expired; sign in again and go on.',
};

let server: TestAgentServer;

beforeAll(async () => {
  server = await startAgentServer({ movableClock: true });
});
afterAll(() => server.remove());

async function signIn(name: 'alice' | 'bob' = 'alice'): Promise<AgentApi> {
  return createAgentApi(server.url(), await server.token(name));
}

async function openRequest(api: AgentApi, name: string): Promise<string> {
  const threadId = await api.thread();
  expect(openApproval(await api.say(threadId, wholeRequest(name)))).toHaveProperty('actionRequests');
  return threadId;
}

async function timesCreated(name: string): Promise<number> {
  return (await readResourceNames(server.dataDir)).filter((created) => created === name).length;
}

/** Reads a run’s stream to its end, and does something at its first event of a kind. */
async function streamAndAct(
  { url, token }: { url: string; token: string },
  at: string,
  act: () => Promise<void>,
): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      assistant_id: 'aws_rds_instance_creator',
      command: { resume: { decisions: [approve] } },
      stream_mode: ['custom', 'values'],
    }),
  });
  let text = '';
  let hasActed = false;
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (hasActed || !text.includes(`event: ${at}`)) continue;
    hasActed = true;
    await act();
  }
  expect(hasActed).toBe(true);
  return text;
}

describe('F34 a token that expires over HTTP', () => {
  it('during an approval is a 401, and the approval waits for the new one', async () => {
    const old = await signIn();
    const threadId = await openRequest(old, 'waiting-db');
    await server.moveClock();

    const late = await old.decide(threadId, approve);
    const done = await (await signIn()).decide(threadId, approve);

    expect(late.status).toBe(401);
    expect(late.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(lastText(done)).toContain('waiting-db is recorded');
    expect(await timesCreated('waiting-db')).toBe(1);
  });

  it('during a long call stops the run for a sign-in that its owner alone can answer', async () => {
    const old = await signIn();
    const threadId = await openRequest(old, 'long-db');
    const token = await server.token('alice');
    const url = `${server.url()}/threads/${threadId}/runs/stream`;

    const text = await streamAndAct({ url, token }, 'custom', server.moveClock);
    const alice = await signIn();
    const thread = await alice.send('GET', `/threads/${threadId}`);
    const bobs = await (await signIn('bob')).run(threadId, { command: { resume: true } });
    const done = await alice.run(threadId, { command: { resume: { token: 'not-looked-at-and-not-kept' } } });

    expect(text).toContain('"type":"sign-in"');
    expect(thread.json.status).toBe('interrupted');
    const interrupts = Object.values<StreamEvent['data']>(thread.json.interrupts).flat();
    expect(interrupts.map(({ value }) => value)).toEqual([signInAsked]);
    expect(bobs.status).toBe(404);
    expect(lastText(done)).toContain('long-db is recorded');
    expect(await timesCreated('long-db')).toBe(1);
    const runs = await alice.send('GET', `/threads/${threadId}/runs`);
    const history = await alice.send('POST', `/threads/${threadId}/history`, { limit: 100 });
    expect(runs.text + history.text).not.toContain('not-looked-at');
  });

  it('while the run waits for its turn keeps the message and asks for the sign-in first', async () => {
    const old = await signIn();
    const threadId = await old.thread();
    const created = await old.send('POST', `/threads/${threadId}/runs`, {
      assistant_id: 'aws_rds_instance_creator',
      input: { messages: [{ role: 'user', content: wholeRequest('queued-db') }] },
      after_seconds: 3600,
    });
    await server.moveClock();

    const alice = await signIn();
    await alice.send('GET', `/threads/${threadId}/runs/${created.json.run_id}/join`);
    const state = await alice.send('GET', `/threads/${threadId}/state`);
    const asked = await alice.run(threadId, { command: { resume: true } });

    expect(state.json.tasks[0].interrupts[0].value).toEqual(signInAsked);
    expect(openApproval(asked).actionRequests[0].args.resource_name).toBe('queued-db');
  });

  it('within ten seconds begins no run', async () => {
    const alice = await signIn();
    const threadId = await alice.thread();
    const short = createAgentApi(server.url(), await server.token('alice', { ttlSeconds: 9 }));

    const refused = await short.say(threadId, 'which organizations are there?');

    expect(refused.status).toBe(401);
    expect((await alice.send('GET', `/threads/${threadId}/runs`)).json).toEqual([]);
    expect((await short.send('GET', `/threads/${threadId}`)).status).toBe(200);
  });
});
