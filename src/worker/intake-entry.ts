/** One entry of the intake: a job, or what can be read of something that is none. */
import { z } from 'zod';
import type { Job } from '../contracts/worker-jobs.js';
import { job as jobSchema } from '../contracts/worker-jobs.js';

const id = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/)
  .optional()
  .catch(undefined);
const names = z.object({ jobId: id, agent: id, threadId: id, org: id });

/** An entry with its place in the stream. */
export interface IntakeEntry {
  /** As Redis gave it: milliseconds and a number. */
  readonly entryId: string;
  /** Undefined when it is no job. */
  readonly job: Job | undefined;
  /** What could be read of an entry that is no job. */
  readonly names: z.output<typeof names>;
}

/** Reads an entry. @param fields names and values in turn, as Redis gives them; null when the entry was deleted. */
export function parseIntakeEntry(entryId: string, fields: readonly string[] | null): IntakeEntry {
  const at = (fields ?? []).findIndex((name, index) => index % 2 === 0 && name === 'job');
  const value = parseJson(at < 0 ? '' : (fields?.[at + 1] ?? ''));
  return { entryId, job: jobSchema.safeParse(value).data, names: names.safeParse(value).data ?? {} };
}

/** What tells the order of entries as one number: the milliseconds, and the number among those of the same one. */
export function orderOf(entryId: string): number {
  const [ms = '0', number = '0'] = entryId.split('-');
  return Number(ms) * 4096 + Math.min(Number(number), 4095);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser’s error would quote it.
    return undefined;
  }
}
