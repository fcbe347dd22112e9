/** Ten thousand people through one process: whether it is as it was when they have gone idle. */
import { createOurAlternative } from './alternatives.js';
import { isQuick } from './bench-mode.js';
import { startBenchServers } from './bench-servers.js';
import { publish } from './figures.js';
import { measureHeap, waitForSockets } from './memory.js';
import { connectServers } from './our-connections.js';
import { namePeople, serveEach } from './people.js';

const count = isQuick ? 300 : 10_000;
const megabyte = 1024 * 1024;
/** Longer than anything is kept that nobody uses. */
const idleMs = 40 * 60_000;

// Hours are not waited for: the clock of this process is put forward, before anything has taken it.
const realNow = Date.now;
let aheadMs = 0;
Date.now = () => realNow() + aheadMs;

const servers = await startBenchServers({ era: '2026' });
const connections = connectServers(servers, { clients: { lingerMs: 100 } });
const ours = createOurAlternative(servers, { sources: { mcpServers: () => connections } });
await serveEach(ours, servers, namePeople('early', 200));
await beIdle('start');
const before = await measureHeap();

await serveEach(ours, servers, namePeople('person', count));
const sockets = await waitForSockets();
const loaded = await measureHeap();
await beIdle('end');
const after = await measureHeap();

const setting = `${String(count)} people`;
publish([
  { setting, what: 'ours: heap at the start', value: before / megabyte, unit: 'MB' },
  { setting, what: 'ours: heap with all of them idle', value: loaded / megabyte, unit: 'MB' },
  { setting, what: 'ours: heap when they are forgotten', value: after / megabyte, unit: 'MB' },
  {
    ...{ setting, what: 'ours: heap in the end / at the start', value: after / before },
    ...{ unit: 'x', bound: { atMost: 1.1 } },
  },
  { setting, what: 'ours: sockets in the end', value: sockets, unit: 'sockets', bound: { atMost: 0 } },
]);
await connections.close();
servers.close();

/** Lets everybody be idle for long, and has somebody come, in whose way what is kept is looked through. */
async function beIdle(when: string): Promise<void> {
  await waitForSockets();
  aheadMs += idleMs;
  await serveEach(ours, servers, namePeople(`visitor at the ${when}`, 2));
  await waitForSockets();
}
