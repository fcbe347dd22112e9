/** Everything that a run can go through over HTTP, with a token in each way that one can come. Each step is checked. */
import { strict as assert } from 'node:assert';
import { vi } from 'vitest';
import type { TestAgentServer } from './agent-server.js';
import { assistantId, openApproval, wholeRequest } from './agent-api.js';
import type { AnswerRecord, Caller } from './canary-callers.js';
import { createCaller, toInput } from './canary-callers.js';
import type { Echo, PlatformLine } from './canary-line.js';
import type { SweepTokens } from './canary-tokens.js';

const approve = { type: 'approve' };
const approved = { command: { resume: { decisions: [approve] } } };

/** What a tour needs. */
export interface Tour {
  readonly server: TestAgentServer;
  readonly line: PlatformLine;
  readonly tokens: SweepTokens;
  readonly record: AnswerRecord;
  /** Where webhooks may go. */
  readonly webhook: string;
  /** A value of the run’s config that is the caller’s own, and stays out of webhooks. */
  readonly configNote: string;
}

/** A person on this tour. */
export function callerOf({ server, record }: Tour, token?: string, headers = {}): Caller {
  return createCaller({ url: server.url(), token, record, headers });
}

/** Opens a thread that waits for an approval. */
async function openRequest(caller: Caller, name: string): Promise<string> {
  const threadId = await caller.thread();
  const answer = await caller.say(threadId, wholeRequest(name));
  assert.ok(openApproval(answer)?.actionRequests, `An approval of ${name} is asked for: ${answer.text}`);
  return threadId;
}

/** Runs that go well: streamed in every mode, edited, rejected, without a thread, in the background, over protocol v2. */
export async function goWell(tour: Tour): Promise<string> {
  const { tokens } = tour;
  const alice = callerOf(tour, tokens.header, {
    'x-my-token': tokens.inHeaders,
    'x-secret-copy': tokens.inHeaders,
  });
  const threadId = await alice.thread();
  const config = { configurable: { _user_token: tokens.inConfigurable } };
  const asked = await alice.stream(`/threads/${threadId}/runs/stream`, {
    input: toInput(wholeRequest('streamed-db')),
    config,
    context: { _user_token: tokens.inContext },
    stream_subgraphs: true,
  });
  assert.match(asked, /actionRequests/);
  const malformed = await alice.run(threadId, { command: { resume: 'yes' }, config });
  assert.equal(malformed.status, 422);
  const done = await callerOf(tour, tokens.resuming).stream(`/threads/${threadId}/runs/stream`, approved);
  assert.match(done, /streamed-db is recorded/);
  await editAndReject(tour, alice);
  await runOtherwise(tour, alice);
  return threadId;
}

async function editAndReject({ webhook, tokens, configNote }: Tour, alice: Caller): Promise<void> {
  const edited = await openRequest(alice, 'edited-db');
  const [action] = (await alice.send('GET', `/threads/${edited}/state`)).json.tasks[0].interrupts[0].value
    .actionRequests;
  const editedAction = { name: action.name, args: { ...action.args, description: 'edited by its owner' } };
  const answer = await alice.decide(edited, { type: 'edit', editedAction });
  assert.match(answer.text, /edited-db is recorded/);
  const wrong = await openRequest(alice, 'wrong-db');
  const badAction = { name: action.name, args: { ...action.args, resource_name: 'Not A Name', spec: {} } };
  const refused = await alice.decide(wrong, { type: 'edit', editedAction: badAction });
  assert.equal(refused.status, 200);
  const rejected = await openRequest(alice, 'rejected-db');
  const ended = await alice.run(rejected, {
    command: { resume: { decisions: [{ type: 'reject', message: 'not today' }] } },
    webhook,
    config: { configurable: { _user_token: tokens.inConfigurable, note: configNote } },
    context: { _user_token: tokens.inContext },
  });
  assert.equal(ended.status, 200);
}

async function runOtherwise({ tokens, webhook }: Tour, alice: Caller): Promise<void> {
  const context = { _user_token: tokens.inContext };
  const payload = { assistant_id: assistantId, input: toInput('which organizations are there?'), context };
  assert.match((await alice.send('POST', '/runs/wait', { ...payload, webhook })).text, /acme/);
  assert.match(await alice.stream('/runs/stream', payload), /acme/);
  const threadId = await alice.thread();
  const { run_id } = (await alice.send('POST', `/threads/${threadId}/runs`, { ...payload, webhook })).json;
  const joined = alice.send('GET', `/threads/${threadId}/runs/${run_id}/stream`);
  assert.match((await alice.send('GET', `/threads/${threadId}/runs/${run_id}/join`)).text, /acme/);
  await joined;
  const v2 = await alice.thread();
  const params = {
    assistant_id: assistantId,
    input: toInput('which organizations are there?'),
    config: { configurable: context },
  };
  const started = await alice.send('POST', `/threads/${v2}/commands`, { id: 1, method: 'run.start', params });
  assert.equal(started.json.type, 'success');
  const runs = await alice.send('GET', `/threads/${v2}/runs`);
  await alice.send('GET', `/threads/${v2}/runs/${runs.json[0].run_id}/join`);
}

/** Every kind of failure, and a stranger. */
export async function goWrong(tour: Tour, threadId: string): Promise<void> {
  const { tokens } = tour;
  const alice = callerOf(tour, tokens.header, { 'x-my-token': tokens.inHeaders });
  await refuseTokens(tour, threadId);
  const conflict = await alice.say(await alice.thread(), wholeRequest('edited-db'));
  assert.match(conflict.text, /conflict|already|taken/i);
  const bob = callerOf(tour, tokens.bob);
  const denied = await openRequest(bob, 'denied-db');
  assert.match((await bob.decide(denied, approve)).text, /permission/i);
  await echoAndCut(tour, alice);
  await abort(tour, alice);
  const broken = `{"assistant_id": "${assistantId}", "config": {"configurable": {"_user_token": "${tokens.inBrokenBody}"`;
  assert.ok((await alice.sendText(`/threads/${threadId}/runs/wait`, broken)) >= 400);
  assert.ok((await alice.sendText('/threads', tokens.inBrokenBody)) >= 400);
  const query = `access_token=${tokens.inQuery}`;
  assert.equal((await callerOf(tour).send('GET', `/threads/${threadId}?${query}`)).status, 401);
  await alice.send('GET', `/threads/${threadId}?${query}`);
  assert.ok((await alice.send('GET', `/threads/${tokens.inQuery}`)).status >= 400);
  await askPlatform(tour);
}

async function refuseTokens(tour: Tour, threadId: string): Promise<void> {
  const { tokens, webhook } = tour;
  for (const bad of [tokens.expired, tokens.forged, tokens.garbage]) {
    assert.equal((await callerOf(tour, bad).send('GET', `/threads/${threadId}`)).status, 401);
    const config = { configurable: { _user_token: bad } };
    assert.equal((await callerOf(tour, tokens.header).say(threadId, 'hello', { config })).status, 401);
  }
  const asBob = { configurable: { _user_token: tokens.bob } };
  assert.equal((await callerOf(tour, tokens.header).say(threadId, 'hello', { config: asBob })).status, 403);
  const bob = callerOf(tour, tokens.bob);
  assert.equal((await bob.say(threadId, 'hello')).status, 404);
  assert.equal((await bob.send('GET', `/threads/${threadId}/state`)).status, 404);
  const elsewhere = { webhook: webhook.replace('/hooks', '/elsewhere') };
  assert.equal((await callerOf(tour, tokens.header).say(threadId, 'hello', elsewhere)).status, 422);
}

const echoes: readonly Echo[] = ['result', 'failed-result', 'error', 'http-error'];

async function echoAndCut(tour: Tour, alice: Caller): Promise<void> {
  const { line } = tour;
  for (const echo of echoes) {
    const threadId = await alice.thread();
    line.echo = echo;
    const input = toInput('which organizations are there?');
    assert.match(await alice.stream(`/threads/${threadId}/runs/stream`, { input }), /event: values/);
    line.echo = undefined;
  }
  const waiting = await openRequest(alice, 'lost-db');
  line.echo = 'http-error';
  assert.equal((await alice.decide(waiting, approve)).status, 200);
  line.echo = undefined;
  const down = await alice.thread();
  await line.cut();
  assert.match((await alice.say(down, wholeRequest('down-db'))).text, /cannot be reached/);
  const stateOf = async () => (await alice.send('GET', '/mcp/status')).json.servers[0].state;
  assert.equal(await stateOf(), 'unavailable');
  await line.mend();
  // The breaker rests for a while after so many failures.
  await vi.waitUntil(async () => (await stateOf()) === 'up', { timeout: 40_000, interval: 200 });
}

async function abort({ tokens }: Tour, alice: Caller): Promise<void> {
  const threadId = await openRequest(alice, 'aborted-db');
  const cancel = async (): Promise<void> => {
    const [{ run_id }] = (await alice.send('GET', `/threads/${threadId}/runs?limit=1`)).json;
    await alice.send('POST', `/threads/${threadId}/runs/${run_id}/cancel?wait=true`);
  };
  const config = { configurable: { _user_token: tokens.inConfigurable } };
  const payload = { ...approved, config };
  await alice.stream(`/threads/${threadId}/runs/stream`, payload, { event: 'custom', act: cancel });
}

/** Asks the platform itself, past the agent. */
async function askPlatform({ line, tokens, record }: Tour): Promise<void> {
  const origin = new URL(line.url).origin;
  for (const token of [tokens.header, tokens.expired, tokens.forged, tokens.garbage, undefined]) {
    const caller = createCaller({
      url: origin,
      token,
      record,
      headers: { accept: 'application/json, text/event-stream' },
    });
    await caller.sendText('/mcp', `{"jsonrpc": "2.0", "id": 1, "method": "${tokens.inBrokenBody}`);
    const call = { name: 'get_cloud_resource_by_id', arguments: { resource_id: tokens.inBrokenBody } };
    await caller.send('POST', '/mcp', { jsonrpc: '2.0', id: 1, method: 'tools/call', params: call });
    await caller.send('POST', `/mcp?access_token=${tokens.inQuery}`, {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/list',
    });
    await caller.send('POST', `/resources/${tokens.inQuery}/credentials`);
  }
}

/** A token that runs out in the middle of a call, and the sign-in behind it; the server’s clock moves on by two hours. */
export async function goThroughSignIn(tour: Tour, signIn: () => Promise<string>): Promise<void> {
  const { server, tokens } = tour;
  const alice = callerOf(tour, tokens.header);
  const threadId = await openRequest(alice, 'expiring-db');
  const at = { event: 'custom', act: () => server.moveClock() };
  const stopped = await alice.stream(`/threads/${threadId}/runs/stream`, approved, at);
  assert.match(stopped, /"type":"sign-in"/);
  const again = callerOf(tour, await signIn());
  const done = await again.run(threadId, { command: { resume: { token: tokens.inResume } } });
  assert.match(done.text, /expiring-db is recorded/);
}

/** Reads everything that the server shows of its threads and of itself. */
export async function readEverything(tour: Tour, token: string): Promise<void> {
  const alice = callerOf(tour, token);
  const found = (await alice.send('POST', '/threads/search', { limit: 100 })).json as { thread_id: string }[];
  assert.ok(found.length > 10);
  for (const { thread_id } of found) {
    const path = `/threads/${thread_id}`;
    for (const part of ['', '/state', '/state?subgraphs=true', '/history', '/runs'])
      await alice.send('GET', `${path}${part}`);
    await alice.send('POST', `${path}/history`, { limit: 100 });
    for (const { run_id } of (await alice.send('GET', `${path}/runs`)).json)
      await alice.send('GET', `${path}/runs/${run_id}`);
  }
  for (const path of ['/info', '/ok', '/healthz', '/nowhere']) await alice.send('GET', path);
  await alice.send('POST', '/assistants/search', {});
  await alice.send('POST', '/store/items/search', { namespace_prefix: [] });
}
