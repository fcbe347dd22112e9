/** Many people who each come once: a thread of their own, one turn, and no word after it. */
import type { Alternative } from './alternatives.js';
import type { BenchServers } from './bench-servers.js';

/** How many people are served at the same time. */
const atOnce = 10;

/** Serves these people; nothing is left of their conversations in the checkpointer. */
export async function serveEach(
  { turn, forget }: Alternative,
  servers: BenchServers,
  people: readonly string[],
): Promise<void> {
  for (let from = 0; from < people.length; from += atOnce) {
    const group = people.slice(from, from + atOnce);
    const tokens = await servers.tokens(group);
    await Promise.all(
      group.map(async (person, index) => {
        const threadId = `thread of ${person}`;
        await turn({ threadId, token: tokens[index] });
        await forget(threadId);
      }),
    );
    // The server remembers requests, and the process of the servers is not what is measured.
    await servers.takeCounts();
  }
}

/** Names of people that nobody had before. */
export function namePeople(kind: string, count: number): string[] {
  return Array.from({ length: count }, (_none, index) => `${kind}-${String(index)}`);
}
