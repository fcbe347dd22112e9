/** What is left in memory, and open, of a person who came once and says nothing any more. */
import type { Alternative } from './alternatives.js';
import {
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
import { measureHeap, waitForSockets } from './memory.js';
import { connectServers } from './our-connections.js';
import { namePeople, serveEach } from './people.js';

const bounds: Readonly<Record<Era, Bound>> = { '2026': { atMost: 10 }, '2025': { atMost: 25 } };
const people = isQuick ? 300 : 1000;
/** What the first people leave behind is code that was compiled for them. */
const early = isQuick ? 400 : 500;

const eras: readonly Era[] = isQuick ? ['2026'] : ['2026', '2025'];
for (const era of eras) {
  const servers = await startBenchServers({ era });
  await measureOurs(servers, era);
  if (!isQuick) await measureOthers(servers, era);
  servers.close();
}

async function measureOurs(servers: BenchServers, era: Era): Promise<void> {
  const connections = connectServers(servers, { clients: { lingerMs: 100 } });
  const ours = createOurAlternative(servers, { sources: { mcpServers: () => connections } });
  publish(await measurePerson(ours, { servers, era, bound: bounds[era] }));
  await connections.close();
}

/** (a) shows what LangGraph alone leaves behind. */
async function measureOthers(servers: BenchServers, era: Era): Promise<void> {
  const local = createPlainAlternative({ name: 'a', tools: createLocalTools() });
  publish(await measurePerson(local, { servers, era }));
  const shared = await loadSharedTools(servers);
  const plain = createPlainAlternative({ name: 'b', tools: shared.tools });
  publish(await measurePerson(plain, { servers, era }));
  await shared.close();
  publish(await measurePerson(createFactoryAlternative(servers), { servers, era }));
}

interface Setting {
  readonly servers: BenchServers;
  readonly era: Era;
  readonly bound?: Bound;
}

async function measurePerson(way: Alternative, { servers, era, bound }: Setting): Promise<Figure[]> {
  await serveEach(way, servers, namePeople(`${way.name}-early`, early));
  const before = await measureHeap();
  await serveEach(way, servers, namePeople(way.name, people));
  const sockets = await waitForSockets();
  const value = ((await measureHeap()) - before) / people / 1024;
  return [
    { setting: era, what: `${way.name}: heap of an idle person`, value, unit: 'KB', samples: people, bound },
    {
      ...{ setting: era, what: `${way.name}: sockets of ${String(people)} idle people`, value: sockets },
      ...{ unit: 'sockets', bound: bound && { atMost: 0 } },
    },
  ];
}
