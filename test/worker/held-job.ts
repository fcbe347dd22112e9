/** A job as a worker holds it, for tests. */
import type { HeldJob } from '../../src/worker/job-record.js';

export function heldJob(difference: Partial<HeldJob> = {}): HeldJob {
  return {
    ...{ jobId: 'job-1', root: 'job-1', agent: 'agent', threadId: 'thread-1', org: 'acme', text: 'hello' },
    ...{ state: 'running', attempt: 1, tries: 1, tokenRef: 'ref' },
    ...difference,
  };
}
