/** Eight servers, one of them slow: how long a cold person waits for the first model call. */
import type { Alternative } from './alternatives.js';
import { createFactoryAlternative, createOurAlternative } from './alternatives.js';
import { isQuick } from './bench-mode.js';
import type { BenchServers, ServerSpec } from './bench-servers.js';
import { startBenchServers } from './bench-servers.js';
import { publish } from './figures.js';
import type { Subject } from './samples.js';
import { sampleInTurn, samplesOf, toMedian, toRatio } from './samples.js';

const slowMs = 300;
const era = '2026';
const others = Array.from({ length: 7 }, (_none, index): ServerSpec => ({
  era,
  tools: [`tool_${String(index)}`],
}));
const all = await startBenchServers({ era, delayMs: slowMs }, ...others);
const slowAlone: BenchServers = { ...all, urls: all.urls.slice(0, 1) };

const subjects = [
  toSubject('ours, eight', (onModel) => createOurAlternative(all, { onModel })),
  toSubject('ours, the slow one alone', (onModel) => createOurAlternative(slowAlone, { onModel })),
  toSubject('c, eight', (onModel) => createFactoryAlternative(all, onModel)),
];
// The first round is of people who come to a process that knows no server yet.
const samples = await sampleInTurn(subjects, { warmUp: 1, rounds: isQuick ? 4 : 12 });
const setting = `8 servers, one ${String(slowMs)} ms`;
const [eight, alone, factory] = subjects.map(({ name }) => samplesOf(samples, name));
publish([
  ...subjects.map(({ name }) =>
    toMedian(samplesOf(samples, name), { setting, what: `${name}: until the first model call` }),
  ),
  toRatio([eight ?? [], alone ?? []], {
    setting,
    what: 'ours, eight / the slow one alone',
    bound: { atMost: 1.3 },
  }),
  toRatio([factory ?? [], eight ?? []], { setting, what: 'c, eight / ours, eight' }),
]);
all.close();

/** Each run is somebody new; the time ends where the model is called. */
function toSubject(name: string, create: (onModel: () => void) => Alternative): Subject {
  let reached = (): void => undefined;
  const { turn } = create(() => {
    reached();
  });
  let ending: Promise<void> = Promise.resolve();
  return {
    name,
    run: async (round) => {
      const person = `${name} ${String(round)}`;
      const token = await all.token(person);
      const modelCalled = new Promise<void>((resolve) => {
        reached = resolve;
      });
      ending = turn({ threadId: person, token, text: 'Hello.' });
      await Promise.race([modelCalled, ending]);
    },
    settle: () => ending,
  };
}
