/** What a process holds when everything that can go has gone. */
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** The heap after a collection, in bytes. */
export async function measureHeap(): Promise<number> {
  setFlagsFromString('--expose-gc');
  // The flag gives new contexts this function.
  const collect = runInNewContext('gc') as () => void;
  // More than once: what a finalizer lets go of is collected the next time.
  for (let times = 0; times < 4; times += 1) {
    collect();
    await pause(50);
  }
  return process.memoryUsage().heapUsed;
}

/** How many sockets the process has open; the channel to the servers’ process is none. */
export function countSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
}

/** Waits until no socket is open, `fetch` keeps unused ones for some seconds; gives how many are left after `mostMs`. */
export async function waitForSockets(mostMs = 8000): Promise<number> {
  const startedAt = performance.now();
  while (countSockets() > 0 && performance.now() - startedAt < mostMs) await pause(100);
  return countSockets();
}
