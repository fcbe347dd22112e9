/** Before the service tests: ends them with one sentence when what they need is neither told nor here. */
import { findMissingServices } from './find-services.js';

export function setup(): void {
  const sentence = findMissingServices();
  if (sentence === undefined) return;
  // An error that is thrown here is told among others, of tests that were not found.
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
