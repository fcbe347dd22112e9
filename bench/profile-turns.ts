/** Runs warm turns of one alternative and nothing else, for a profiler: `ours`, or `b+hooks` to compare it with. */
import {
  createEmptyHooks,
  createOurAlternative,
  createPlainAlternative,
  loadSharedTools,
} from './alternatives.js';
import { startBenchServers } from './bench-servers.js';

const [which = 'ours', turns = '800'] = process.argv.slice(2);
const servers = await startBenchServers({ era: '2026' });
const shared = await loadSharedTools(servers);
const { turn, forget } =
  which === 'ours'
    ? createOurAlternative(servers)
    : createPlainAlternative({ name: which, tools: shared.tools, middleware: [createEmptyHooks()] });
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
  `${which}: ${perTurn(readCpuMs() - before.cpu)} ms of processor time a turn, ${perTurn(performance.now() - before.at)} ms\n`,
);
await shared.close();
servers.close();

function readCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
