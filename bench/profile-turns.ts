/** Runs warm turns of one alternative and nothing else, for a profiler: `ours`, or another to compare it with. */
import { alternativeNames, createAlternative } from './alternatives.js';
import { startBenchServers } from './bench-servers.js';

const [wanted = 'ours', turns = '800'] = process.argv.slice(2);
const name = alternativeNames.find((known) => known === wanted);
if (name === undefined)
  throw new TypeError(`There is no alternative ${wanted}; there are ${alternativeNames.join(', ')}.`);
const servers = await startBenchServers({ era: '2026' });
const { turn, forget } = await createAlternative(name, servers);
const token = await servers.token('alice');
const before = { cpu: 0, at: 0 };
for (let made = 0; made < Number(turns) + 80; made += 1) {
  const threadId = `thread-${String(Math.floor(made / 8))}`;
  if (made === 80) Object.assign(before, { cpu: readCpuMs(), at: performance.now() });
  await turn({ threadId, token });
  if (made % 8 === 7) await forget(threadId);
}
const perTurn = (total: number): string => (total / Number(turns)).toFixed(2);
process.stdout.write(
  `${name}: ${perTurn(readCpuMs() - before.cpu)} ms of processor time a turn, ${perTurn(performance.now() - before.at)} ms\n`,
);
process.exit(0);

function readCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
