/** Warm turns: a person whose tools are known says something, one tool is called, and the model answers. */
import type { Alternative } from './alternatives.js';
import {
  createEmptyHooks,
  createFactoryAlternative,
  createLocalTools,
  createOurAlternative,
  createPlainAlternative,
  loadSharedTools,
} from './alternatives.js';
import { isQuick } from './bench-mode.js';
import type { BenchServers, Era } from './bench-servers.js';
import { startBenchServers } from './bench-servers.js';
import type { Bound, Figure } from './figures.js';
import { publish } from './figures.js';
import type { Samples, Subject } from './samples.js';
import { sampleInTurn, samplesOf, toMedian, toRatio } from './samples.js';

/** The first turn of a thread is not counted: the thread is new then. */
const turnsOfThread = 8;

const eras: readonly Era[] = isQuick ? ['2026'] : ['2026', '2025'];
for (const era of eras) {
  await measure(era, { delayMs: 0, threads: isQuick ? 12 : 50 });
  await measure(era, { delayMs: 20, threads: isQuick ? 3 : 12 });
}

interface Setting {
  readonly delayMs: number;
  readonly threads: number;
}

async function measure(era: Era, { delayMs, threads }: Setting): Promise<void> {
  const setting = `${era}, ${String(delayMs)} ms`;
  const servers = await startBenchServers({ era, delayMs });
  const shared = await loadSharedTools(servers);
  const ours = createOurAlternative(servers);
  const alternatives = [
    createPlainAlternative({ name: 'a', tools: createLocalTools() }),
    createPlainAlternative({ name: 'b', tools: shared.tools }),
    createPlainAlternative({ name: 'b+hooks', tools: shared.tools, middleware: [createEmptyHooks()] }),
    createFactoryAlternative(servers),
    ours,
  ];
  const subjects = await Promise.all(alternatives.map((alternative) => toSubject(alternative, servers)));
  const samples = await sampleInTurn(subjects, {
    warmUp: (isQuick ? 4 : 16) * turnsOfThread,
    rounds: threads * turnsOfThread,
    counts: (round) => round % turnsOfThread !== 0,
  });
  publish([
    ...alternatives.map(({ name }) =>
      toMedian(samplesOf(samples, name), { setting, what: `${name}: a turn` }),
    ),
    ...toRatios(samples, setting, delayMs),
    await countRequests(ours, servers, setting),
  ]);
  await shared.close();
  servers.close();
}

async function toSubject({ name, turn, forget }: Alternative, servers: BenchServers): Promise<Subject> {
  const token = await servers.token(name);
  const threadOf = (round: number): string => `thread-${String(Math.floor(round / turnsOfThread))}`;
  return {
    name,
    run: (round) => turn({ threadId: threadOf(round), token }),
    settle: (round) =>
      round % turnsOfThread === turnsOfThread - 1 ? forget(threadOf(round)) : Promise.resolve(),
  };
}

function toRatios(samples: Samples, setting: string, delayMs: number): Figure[] {
  const ratio = (one: string, other: string, bound?: Bound): Figure =>
    toRatio([samplesOf(samples, one), samplesOf(samples, other)], {
      setting,
      what: `${one} / ${other}`,
      bound,
    });
  return [
    ratio('ours', 'b+hooks', delayMs === 0 ? { atMost: 1.15 } : undefined),
    ratio('ours', 'b', delayMs === 0 ? undefined : { atMost: 1.05 }),
    ratio('c', 'ours', { atLeast: delayMs === 0 ? 1.8 : 3 }),
    ratio('ours', 'a'),
  ];
}

/** Of one thread, so that a session that is opened for it is not among them. */
async function countRequests({ turn }: Alternative, servers: BenchServers, setting: string): Promise<Figure> {
  const visit = { threadId: 'counted', token: await servers.token('ours') };
  await turn(visit);
  await servers.takeCounts();
  const turns = 20;
  for (let made = 0; made < turns; made += 1) await turn(visit);
  const [counts = {}] = await servers.takeCounts();
  const { GET: _listening, ...counted } = counts;
  const value = Object.values(counted).reduce((sum, count) => sum + count, 0) / turns;
  return { setting, what: 'ours: MCP requests a warm turn', value, unit: 'requests', bound: { atMost: 1 } };
}
