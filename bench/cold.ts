/** Cold people: what is asked of a server before the first model call of somebody whom the process has not seen. */
import type { Alternative } from './alternatives.js';
import { createFactoryAlternative, createOurAlternative } from './alternatives.js';
import type { BenchServers, Era } from './bench-servers.js';
import { startBenchServers } from './bench-servers.js';
import type { Figure } from './figures.js';
import { publish } from './figures.js';
import { namePeople } from './people.js';

const bounds: Readonly<Record<Era, number>> = { '2026': 1, '2025': 3 };

for (const era of ['2026', '2025'] as const) {
  const servers = await startBenchServers({ era });
  const ours = createOurAlternative(servers);
  const factory = createFactoryAlternative(servers);
  const requests = (what: string, value: number): Figure => ({ setting: era, what, value, unit: 'requests' });
  publish([
    requests('ours: first person of the process', await countRequests(ours, servers, ['first'])),
    {
      ...requests('ours: each person after that', await countRequests(ours, servers, namePeople('cold', 10))),
      bound: { atMost: bounds[era] },
    },
    requests('c: each person', await countRequests(factory, servers, namePeople('factory', 10))),
  ]);
  servers.close();
}

/** The mean of these people. Their turns call no tool, so that every request comes before the model’s call. */
async function countRequests(
  { turn }: Alternative,
  servers: BenchServers,
  people: readonly string[],
): Promise<number> {
  let sum = 0;
  for (const person of people) {
    await servers.takeCounts();
    await turn({ threadId: `thread of ${person}`, token: await servers.token(person), text: 'Hello.' });
    const [counts = {}] = await servers.takeCounts();
    // The listening stream is optional and open only while a client is leased; a session’s end comes after the turn.
    const { GET: _listening, DELETE: _end, ...asked } = counts;
    sum += Object.values(asked).reduce((total, count) => total + count, 0);
  }
  return sum / people.length;
}
