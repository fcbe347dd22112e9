/**
 * The tokens of jobs: taken out of Redis once, kept in this process’s memory while the job is here, and given back for
 * the next attempt when the job goes elsewhere.
 */
import type { Redis } from 'ioredis';
import type { BearerToken } from '../auth/bearer-token.js';
import type { SealKey } from '../auth/sealed-token.js';
import { openSealedToken, sealToken } from '../auth/sealed-token.js';
import { toTokenLife } from '../auth/token-life.js';
import { keptSeconds, keys } from '../contracts/worker-jobs.js';
import type { HeldJob } from './job-record.js';

/** The tokens that this process holds. */
export interface JobTokens {
  /**
   * Takes the token of a job; undefined when nobody has it any more.
   *
   * @throws {@link SealedTokenError}, {@link TokenInvalidError}
   */
  take(job: HeldJob): Promise<BearerToken | undefined>;
  /** Seals the token again under its old key, where it lives as long as a new one; does nothing when none is held. */
  giveBack(job: HeldJob): Promise<void>;
  /** Takes away what was given back: nobody comes for it any more. */
  withdraw(job: HeldJob): Promise<void>;
  /** Forgets the token of a job that has ended. */
  forget(jobId: string): void;
}

/** Creates an empty hold. */
export function createJobTokens(redis: Redis, sealKey: SealKey): JobTokens {
  const held = new Map<string, BearerToken>();
  return {
    async take(job) {
      const sealed = await redis.getdel(keys.token(job.tokenRef));
      // One that came again is newer than the one that is held.
      if (sealed === null) return held.get(job.jobId);
      const token = openSealedToken(sealKey, job.jobId, sealed);
      held.set(job.jobId, token);
      return token;
    },
    async giveBack(job) {
      const token = held.get(job.jobId);
      if (token === undefined) return;
      const sealed = sealToken(sealKey, job.jobId, token);
      const seconds = toTokenLife(token, { now: Date.now(), longest: keptSeconds.token });
      await redis.set(keys.token(job.tokenRef), sealed, 'EX', seconds);
      held.delete(job.jobId);
    },
    withdraw: async (job) => {
      await redis.del(keys.token(job.tokenRef));
    },
    forget: (jobId) => void held.delete(jobId),
  };
}
