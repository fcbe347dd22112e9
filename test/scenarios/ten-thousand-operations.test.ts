import type { BaseMessage } from '@langchain/core/messages';
import { MemorySaver } from '@langchain/langgraph';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { findFleetError } from '../../src/errors.js';
import { defineWrapperTool } from '../../src/tools/define-wrapper-tool.js';
import type { McpTestServer } from '../../src/testing/mcp-test-server.js';
import type { TestTool } from '../../src/testing/test-tool.js';
import { startMcpTestServer } from '../../src/testing/mcp-test-server.js';
import { textResult } from '../../src/testing/test-tool.js';
import type { ScriptedCall, Step } from '../../src/testing/scripted-model.js';
import { ScriptedModel } from '../../src/testing/scripted-model.js';
import { createSeededRandom } from '../support/seeded-random.js';
import type { AgentState, TestGraph } from '../support/test-agent.js';
import { agentAudience, createTestGraph, openConversation } from '../support/test-agent.js';
import type { TokenIssuer } from '../../src/testing/token-issuer.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

const seed = 20_261_121;
const operations = 10_000;
/** Operations that run at the same time, each of another person and on another thread. */
const atOnce = 20;
const turnsOfThread = 8;
const groups = 10;
const people = Array.from({ length: 50 }, (_, n) => `person-${String(n).padStart(2, '0')}`);

interface Thread {
  readonly id: string;
  owner: string;
  turns: number;
}

const threads = Array.from({ length: 200 }, (_, n): Thread => ({
  id: `thread-${String(n)}`,
  owner: people[n % 50] ?? '',
  turns: 0,
}));

const kinds = ['ask', 'ask', 'ask', 'make', 'make', 'resume', 'resume', 'resume', 'rotate'] as const;
const troubles = ['busy', 'lost', 'refused', 'renewed', 'intruder', 'intruder', 'restart'] as const;

/** One operation, every choice of it drawn before it runs. */
interface Operation {
  readonly thread: Thread;
  readonly kind: (typeof kinds)[number];
  readonly trouble: (typeof troubles)[number] | undefined;
  readonly intruder: string;
  readonly approves: boolean;
}

const asked = z.object({ question: z.string() });
const questionTool = (name: string, kind: 'read' | 'write') =>
  defineWrapperTool({ name, description: name, schema: asked, class: kind });
const groupTool = (group: number): string => `vault_${String(group)}`;
const groupOf = (person: string): number => people.indexOf(person) % groups;
const wrappers = [
  questionTool('who_am_i', 'read'),
  questionTool('make_thing', 'write'),
  ...Array.from({ length: groups }, (_, group) => questionTool(groupTool(group), 'read')),
];

const answerSubject: TestTool = {
  schema: asked,
  run: async ({ question }, { subject }) => {
    await new Promise(setImmediate);
    return textResult({ you: subject, question });
  },
};
const vaultTools = Object.fromEntries(
  Array.from({ length: groups }, (_, group) => [
    groupTool(group),
    { ...answerSubject, offeredTo: people.filter((person) => groupOf(person) === group) },
  ]),
);

const random = createSeededRandom(seed);
const checkpointer = new MemorySaver();
const tokens = new Map<string, string>();
/** What the platform does at a person’s next call. */
const faults = new Map<string, () => Response>();
const sessions = new Map<string, Set<string>>();
const ended: Record<string, number> = {};

let platform: McpTestServer;
let vault: McpTestServer;
let issuer: TokenIssuer;
let graph: TestGraph;

beforeAll(async () => {
  platform = await startMcpTestServer({ who_am_i: answerSubject, make_thing: answerSubject });
  vault = await startMcpTestServer(vaultTools, { sessions: true });
  issuer = createTokenIssuer([agentAudience, platform.url, vault.url]);
  for (const server of [platform, vault]) server.trust(issuer);
  platform.intercept = (method) => {
    const { subject } = platform.requests.at(-1) ?? { subject: '' };
    if (method !== 'tools/call') return undefined;
    const fault = faults.get(subject);
    faults.delete(subject);
    return fault?.();
  };
  vault.intercept = (_method, request) => {
    const session = request.headers.get('mcp-session-id');
    const { subject } = vault.requests.at(-1) ?? { subject: '' };
    if (session !== null) sessions.set(session, new Set([...(sessions.get(session) ?? []), subject]));
    return undefined;
  };
  for (const person of people) signIn(person);
  graph = createGraph();
});
afterAll(() => Promise.all([platform.close(), vault.close()]));

function createGraph(): TestGraph {
  const entry = (url: string, more = {}) => ({ type: 'http', url, auth: { mode: 'forward' }, ...more });
  return createTestGraph({
    issuer,
    model,
    wrappers,
    checkpointer,
    mcpServers: { platform: entry(platform.url), vault: entry(vault.url, { required: false }) },
  });
}

const model: ScriptedModel = new ScriptedModel((messages) => {
  const shown = model.shown.pop();
  const [owner = '', ...others] = peopleIn(messages);
  const offered = (shown?.tools ?? []).map(({ name }) => name).filter((name) => name.startsWith('vault_'));
  if (others.length > 0) throw new Error(`The model was shown the words of ${owner} and ${others.join()}.`);
  const own = groupTool(groupOf(owner));
  // While the vault is down every one of its wrappers is offered, to answer that it is down.
  const isRight = offered.length === groups || offered.every((name) => name === own);
  if (!isRight) throw new Error(`${owner} was offered ${offered.join()}.`);
  return answer(messages, offered.includes(own) ? ['who_am_i', own] : ['who_am_i']);
});

/** Calls what the last message asks for; says the last result. */
function answer(messages: readonly BaseMessage[], reads: readonly string[]): ReturnType<Answer> {
  const last = messages.at(-1);
  if (last?.type === 'tool') return last.text;
  const question = last?.text ?? '';
  const names = question.includes('make') ? ['make_thing'] : reads;
  return names.map((name): ScriptedCall => ({ name, args: { question } }));
}

type Answer = Extract<Step, (messages: readonly BaseMessage[]) => unknown>;

function peopleIn(value: unknown): readonly string[] {
  return [...new Set(JSON.stringify(value).match(/person-\d\d/g) ?? [])];
}

function signIn(person: string): void {
  tokens.set(person, issuer.token(person));
}

function drawOperations(): readonly Operation[] {
  const acting = random.sample(people, atOnce);
  return acting.map((person) => {
    const own = threads.filter(({ owner }) => owner === person);
    const thread = random.pick(own.length === 0 ? threads.filter(isFree(acting)) : own);
    if (thread.owner !== person) hand(thread, person);
    return {
      thread,
      kind: random.pick(kinds),
      trouble: random.below(3) === 0 ? random.pick(troubles) : undefined,
      intruder: random.pick(people.filter((other) => other !== person)),
      approves: random.below(2) === 0,
    };
  });
}

const isFree =
  (acting: readonly string[]) =>
  ({ owner }: Thread): boolean =>
    !acting.includes(owner);

/** Gives a thread’s id to another person, as after a deletion. */
function hand(thread: Thread, owner: string): void {
  Object.assign(thread, { owner, turns: 0 });
  forgotten.push(checkpointer.deleteThread(thread.id));
}

const forgotten: Promise<void>[] = [];

async function perform(operation: Operation): Promise<void> {
  const { thread, kind, trouble, intruder } = operation;
  const { owner } = thread;
  if (kind === 'rotate') {
    signIn(owner);
    count('rotated');
    return;
  }
  if (trouble === 'intruder') await intrude(thread, intruder);
  if (trouble === 'busy')
    faults.set(owner, () => new Response(null, { status: 503, headers: { 'retry-after': '1' } }));
  if (trouble === 'lost') faults.set(owner, () => new Response(null, { status: 502 }));
  if (trouble === 'refused') faults.set(owner, () => new Response(null, { status: 401 }));
  const running = act(operation);
  if (trouble === 'renewed') signIn(owner);
  const state = await running;
  faults.delete(owner);
  thread.turns += 1;
  expect(peopleIn(state.messages)).toEqual([owner]);
  count(stopOf(state) ?? 'done');
}

async function act({ thread, kind, approves }: Operation): Promise<AgentState> {
  const { id, owner, turns } = thread;
  const conversation = openConversation(graph, id, () => tokens.get(owner));
  const waiting = await conversation.approval();
  if (kind !== 'resume' || waiting === undefined) {
    const verb = kind === 'make' ? 'make' : 'ask';
    return conversation.say(`${owner} wants to ${verb} on ${id}, turn ${String(turns)}`);
  }
  const decision = approves ? { type: 'approve' } : { type: 'reject', message: `${owner} says no` };
  return conversation.resume({ decisions: [decision] });
}

/** Somebody else tries a message and an answer with a good token of their own. */
async function intrude({ id, turns }: Thread, intruder: string): Promise<void> {
  if (turns === 0) return;
  const stranger = openConversation(graph, id, () => tokens.get(intruder));
  for (const attempt of [
    () => stranger.say(`${intruder} wants to make something`),
    () => stranger.resume({ decisions: [{ type: 'approve' }] }),
  ]) {
    const error: unknown = await attempt().catch((reason: unknown) => reason);
    expect(findFleetError(error)?.code).toBe('ERR_PRINCIPAL_MISMATCH');
    count('refused intruder');
  }
}

function stopOf(state: AgentState): string | undefined {
  const value: unknown = state.__interrupt__?.[0]?.value;
  if (value === undefined) return undefined;
  return typeof value === 'object' && value !== null && 'type' in value ? 'sign-in' : 'approval';
}

function count(ending: string): void {
  ended[ending] = (ended[ending] ?? 0) + 1;
}

it(`keeps fifty people apart over ${String(operations)} operations (seed ${String(seed)})`, async () => {
  for (let done = 0; done < operations; done += atOnce) {
    const drawn = drawOperations();
    await Promise.all(forgotten.splice(0));
    if (drawn.some(({ trouble }) => trouble === 'restart') && done % 1000 === 0) {
      await vault.stop();
      await vault.restart();
      graph = createGraph();
    }
    await Promise.all(drawn.map(perform));
    for (const thread of threads) {
      if (thread.turns > turnsOfThread) hand(thread, random.pick(people));
    }
  }

  const calls = [...platform.calls, ...vault.calls];
  expect(calls.length).toBeGreaterThan(operations / 2);
  for (const { subject, args } of calls) expect(peopleIn(args)).toEqual([subject]);
  expect([...sessions.values()].filter((subjects) => subjects.size > 1)).toEqual([]);
  expect(sessions.size).toBeGreaterThanOrEqual(people.length);
  expect(Object.keys(ended).sort()).toEqual(['approval', 'done', 'refused intruder', 'rotated', 'sign-in']);
  console.log({ seed, operations, calls: calls.length, sessions: sessions.size, ...ended });
}, 900_000);
