export { createManualClock } from '../../src/testing/manual-clock.js';
export type { ManualClock } from '../../src/testing/manual-clock.js';
