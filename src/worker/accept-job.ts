/** Takes jobs from the intake into the workers’ own records, each once however often it comes. */
import type { Redis } from 'ioredis';
import type { ResumeJob, RunJob } from '../contracts/worker-jobs.js';
import { keptSeconds, keys } from '../contracts/worker-jobs.js';
import type { Logger } from '../logger.js';
import { writeLetter } from './dead-letters.js';
import type { IntakeEntry } from './intake-entry.js';
import { orderOf } from './intake-entry.js';
import type { EndCode } from './job-ends.js';
import { endWith, toEndedEvent, tokenLost } from './job-ends.js';
import type { HeldJob } from './job-record.js';
import { readHeldJob } from './job-record.js';
import { acceptScript, refuseScript } from './job-scripts.js';
import { createScript } from './redis-script.js';
import { workerKeys } from './worker-keys.js';

/** What accepting needs. */
export interface AcceptanceOptions {
  readonly redis: Redis;
  readonly logger: Logger;
  /** Called with the thread of an accepted job: its first job may be run. */
  readonly onAccepted: (threadId: string) => Promise<void>;
}

/** Takes one entry of the intake, whatever it holds. */
export type Acceptance = (entry: IntakeEntry) => Promise<void>;

/** Creates the acceptance. */
export function createAcceptance({ redis, logger, onAccepted }: AcceptanceOptions): Acceptance {
  const accept = createScript(redis, acceptScript);
  const refuse = createScript(redis, refuseScript);

  const turnAway = async (jobId: string, fields: Fields, code: EndCode): Promise<void> => {
    const end = endWith(code === 'malformed' ? 'failed' : 'refused', code);
    const record = { ...fields, result: end.result, code };
    await refuse({
      keys: [keys.job(jobId), keys.events(jobId)],
      words: [keptSeconds.job, JSON.stringify(toEndedEvent(end)), ...toWords(record)],
    });
    logger.warn('job.refused', { jobId, code });
  };

  const take = async (jobId: string, fields: Accepted): Promise<void> => {
    const input = {
      keys: [keys.job(jobId), workerKeys.thread(fields.threadId)],
      words: [jobId, orderOf(fields.entry), ...toWords(fields)],
    };
    if ((await accept(input)) === 'queued') await onAccepted(fields.threadId);
  };

  const resume = async (job: ResumeJob, entry: string): Promise<void> => {
    const before = await readHeldJob(redis, job.of);
    if (before === undefined) await turnAway(job.jobId, { of: job.of }, 'job-unknown');
    else if (before.result !== 'waiting') await turnAway(job.jobId, { of: job.of }, 'not-waiting');
    else await take(job.jobId, { ...toResumeFields(job, before), entry });
  };

  return async ({ entryId, job, names }) => {
    if (job?.kind === 'run') await take(job.jobId, { ...toRunFields(job), entry: entryId });
    else if (job !== undefined) await resume(job, entryId);
    else {
      const letter = { ...names, reason: 'malformed', tries: 0, at: new Date().toISOString() };
      await writeLetter(redis, letter);
      if (names.jobId === undefined) logger.warn('job.refused', { code: 'malformed' });
      else await turnAway(names.jobId, {}, 'malformed');
    }
  };
}

type Fields = Readonly<Record<string, string | number | undefined>>;
type Accepted = Fields & { readonly threadId: string; readonly entry: string };

function toRunFields({ jobId, agent, threadId, input, org, env, tokenRef }: RunJob) {
  return { root: jobId, agent, threadId, org, env, text: input, tokenRef, tries: 0 };
}

function toResumeFields(job: ResumeJob, before: HeldJob) {
  const { root, agent, threadId, org, env, text, tries } = before;
  const isLost = before.lacks === tokenLost;
  // A job that had its answer and lost its token is gone on with as if this one had brought both.
  const answer = job.decisions === undefined && before.lacks !== undefined ? before : undefined;
  const decisions = job.decisions ?? answer?.decisions;
  return {
    ...{ of: job.of, root, agent, threadId, org, env, text, tokenRef: job.tokenRef },
    // A job that breaks its worker off loses its token each time: its tries go on, or it would come back for ever.
    tries: isLost ? tries : 0,
    asked: JSON.stringify(answer?.asked ?? before.asks ?? []),
    decisions: decisions === undefined ? undefined : JSON.stringify(decisions),
    answered: answer?.answered,
  };
}

function toWords(fields: Fields): (string | number)[] {
  return Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
}
