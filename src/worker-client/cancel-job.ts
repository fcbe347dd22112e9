/** Tells the workers that a job shall stop. */
import { keptSeconds, keys } from '../contracts/worker-jobs.js';
import { toRenewalId } from './job-requests.js';
import { isKnownJob } from './read-records.js';
import type { RedisAccess } from './redis-connection.js';

/** No turn outlives so many tokens. */
const maxRenewals = 100;

/**
 * Cancels a job and the jobs that renewed its token. The next renewal is cancelled before it is there: one may just be on
 * its way.
 */
export async function cancelJob(redis: RedisAccess, jobId: string): Promise<void> {
  let id = jobId;
  for (let renewals = 0; renewals <= maxRenewals; renewals += 1) {
    await redis.sendAll([
      ['set', keys.cancel(id), '1', 'EX', keptSeconds.job],
      ['publish', keys.cancelled, id],
    ]);
    if (renewals > 0 && !(await isKnownJob(redis, id))) return;
    id = toRenewalId(id);
  }
}
