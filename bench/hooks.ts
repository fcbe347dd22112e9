/** What each kind of empty hook costs a turn by itself, of an agent with local tools: what LangGraph takes for it. */
import type { AgentMiddleware } from 'langchain';
import { createMiddleware } from 'langchain';
import type { Alternative } from './alternatives.js';
import { createEmptyHooks, createLocalTools, createPlainAlternative } from './alternatives.js';
import { isQuick } from './bench-mode.js';
import { publish } from './figures.js';
import { sampleInTurn, samplesOf, toRatio } from './samples.js';

const turnsOfThread = 8;
const kinds: Readonly<Record<string, AgentMiddleware>> = {
  'an empty beforeAgent': createMiddleware({ name: 'E', beforeAgent: async () => undefined }),
  'an empty wrapModelCall': createMiddleware({
    name: 'E',
    wrapModelCall: async (request, handler) => handler(request),
  }),
  'an empty afterModel': createMiddleware({ name: 'E', afterModel: async () => undefined }),
  'an empty wrapToolCall': createMiddleware({
    name: 'E',
    wrapToolCall: async (request, handler) => handler(request),
  }),
  'empty hooks of the three kinds that ours has': createEmptyHooks(),
};
const passedBy = 'an empty beforeAgent that is passed by';
const tools = createLocalTools();
const alternatives = [
  createPlainAlternative({ name: 'none', tools }),
  createPlainAlternative({
    ...{ name: passedBy, tools },
    middleware: [
      createMiddleware({ name: 'E', beforeAgent: { canJumpTo: ['end'], hook: async () => undefined } }),
    ],
    entry: { node: 'E.before_agent', isIdle: () => true },
  }),
  ...Object.entries(kinds).map(([name, hook]) => createPlainAlternative({ name, tools, middleware: [hook] })),
];

const samples = await sampleInTurn(alternatives.map(toSubject), {
  warmUp: 8 * turnsOfThread,
  rounds: (isQuick ? 10 : 100) * turnsOfThread,
});
publish(
  [...Object.keys(kinds), passedBy].map((name) =>
    toRatio([samplesOf(samples, name), samplesOf(samples, 'none')], {
      setting: 'local tools',
      what: `a with ${name} / a`,
    }),
  ),
);

function toSubject({ name, turn, forget }: Alternative) {
  const threadOf = (round: number): string => `thread-${String(Math.floor(round / turnsOfThread))}`;
  return {
    name,
    run: (round: number) => turn({ threadId: threadOf(round) }),
    settle: async (round: number) => {
      if (round % turnsOfThread === turnsOfThread - 1) await forget(threadOf(round));
    },
  };
}
