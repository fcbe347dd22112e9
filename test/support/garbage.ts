/** Collects garbage on demand, to see what is still held. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
// The flag gives the function to every context that is made after it.
const collect = runInNewContext('gc') as () => void;

/** Collects what nobody holds, and lets what was waiting for that run. */
export async function collectGarbage(): Promise<void> {
  for (let times = 0; times < 4; times += 1) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
