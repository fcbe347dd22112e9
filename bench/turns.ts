/** Warm turns: a person whose tools are known says something, one tool is called, and the model answers. */
import { alternativeNames } from './alternatives.js';
import type { Arm } from './arm.js';
import { startArm } from './arm.js';
import { isQuick } from './bench-mode.js';
import type { BenchServers, Era } from './bench-servers.js';
import { startBenchServers } from './bench-servers.js';
import type { Bound, Figure } from './figures.js';
import { publish } from './figures.js';
import type { Samples, Subject } from './samples.js';
import { sampleInTurn, samplesOf, toMedian, toRatio } from './samples.js';

/** The first turn of a thread is not counted: the thread is new then. */
const turnsOfThread = 8;
/** Threads before those that count: after a hundred turns V8 compiles a good part of the code still. */
const warmUp = isQuick ? 15 : 60;

const eras: readonly Era[] = isQuick ? ['2026'] : ['2026', '2025'];
for (const era of eras) {
  await measure(era, { delayMs: 0, threads: isQuick ? 20 : 80 });
  await measure(era, { delayMs: 20, threads: isQuick ? 6 : 24 });
}

interface Setting {
  readonly delayMs: number;
  readonly threads: number;
}

async function measure(era: Era, { delayMs, threads }: Setting): Promise<void> {
  const setting = `${era}, ${String(delayMs)} ms`;
  const servers = await startBenchServers({ era, delayMs });
  const arms = await Promise.all(alternativeNames.map((name) => startArm(name, servers)));
  const samples = await sampleInTurn(arms.map(toSubject), { warmUp, rounds: threads });
  publish([
    ...alternativeNames.map((name) =>
      toMedian(samplesOf(samples, name), { setting, what: `${name}: a turn` }),
    ),
    ...toRatios(samples, setting, delayMs),
    ...(await Promise.all(
      arms.filter(({ name }) => name === 'ours').map((arm) => countRequests(arm, servers, setting)),
    )),
  ]);
  for (const arm of arms) arm.close();
  servers.close();
}

/** A sample is the mean of the later turns of one thread. */
function toSubject({ name, haveThread }: Arm): Subject {
  return {
    name,
    run: async (round) => {
      const took = await haveThread({ threadId: `thread-${String(round)}`, turns: turnsOfThread });
      const later = took.slice(1);
      return later.reduce((sum, ms) => sum + ms, 0) / later.length;
    },
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

/** Over twice as many turns of one thread less once as many: what opens a session for it is not among them. */
async function countRequests({ haveThread }: Arm, servers: BenchServers, setting: string): Promise<Figure> {
  const requestsOf = async (turns: number): Promise<number> => {
    await servers.takeCounts();
    await haveThread({ threadId: `counted-${String(turns)}`, turns });
    const [counts = {}] = await servers.takeCounts();
    const { GET: _listening, ...counted } = counts;
    return Object.values(counted).reduce((sum, count) => sum + count, 0);
  };
  const turns = 20;
  const few = await requestsOf(turns);
  const value = ((await requestsOf(2 * turns)) - few) / turns;
  return { setting, what: 'ours: MCP requests a warm turn', value, unit: 'requests', bound: { atMost: 1 } };
}
