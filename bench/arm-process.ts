/** The process of one alternative: has threads when it is told to, and says how long each turn took. */
import { once } from 'node:events';
import type { ArmOrder, ArmStart } from './arm.js';
import { createAlternative } from './alternatives.js';

const started = once(process, 'message');
process.send?.('listening');
// What startArm sends first.
const [{ name, servers, token }] = (await started) as [ArmStart];
const { turn, forget } = await createAlternative(name, { ...servers, token: () => Promise.resolve(token) });

process.on('message', ({ threadId, turns }: ArmOrder) => {
  void haveThread(threadId, turns).then((took) => process.send?.(took));
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');

async function haveThread(threadId: string, turns: number): Promise<readonly number[]> {
  const took: number[] = [];
  for (let made = 0; made < turns; made += 1) {
    const startedAt = performance.now();
    await turn({ threadId, token });
    took.push(performance.now() - startedAt);
  }
  await forget(threadId);
  return took;
}
