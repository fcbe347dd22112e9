import { describe, expect, it } from 'vitest';
import type { JobEvent } from '../../src/contracts/worker-jobs.js';
import { keys } from '../../src/contracts/worker-jobs.js';
import type { FollowOptions, FollowParts } from '../../src/worker-client/follow-job.js';
import { followJob } from '../../src/worker-client/follow-job.js';
import { toRenewalId } from '../../src/worker-client/job-requests.js';
import { approvalWanted, done, said, signInWanted, waiting } from '../support/stand-in-worker.js';

/** Streams in memory; a renewal is told what `onRenewal` gives. */
function partsWith(
  streams: Map<string, readonly JobEvent[]>,
  onRenewal: () => readonly JobEvent[] = () => [done],
): FollowParts & { readonly renewals: unknown[] } {
  const renewals: unknown[] = [];
  const entriesOf = (key: string) =>
    (streams.get(key) ?? []).map((event, at) => ({ id: `${at + 1}-0`, text: JSON.stringify(event) }));
  return {
    renewals,
    pool: {
      async *read(key, { after }) {
        yield* entriesOf(key).slice(Number(after.split('-')[0]));
        throw new Error('It would wait for ever.');
      },
      close: () => undefined,
    },
    redis: {
      send: async (command, ...words) =>
        command === 'EXISTS'
          ? words.filter((key) => streams.has(String(key))).length
          : entriesOf(String(words[0]))
              .reverse()
              .slice(0, Number(words.at(-1)))
              .map(({ id, text }) => [id, ['event', text]]),
      sendAll: async () => undefined,
      openReading: () => {
        throw new Error('Nothing here reads by a connection.');
      },
      close: () => undefined,
    },
    renew: async (renewal) => {
      renewals.push(renewal);
      streams.set(keys.events(renewal.jobId), onRenewal());
    },
  };
}

async function follow(parts: FollowParts, options: FollowOptions = {}): Promise<readonly JobEvent[]> {
  const told: JobEvent[] = [];
  for await (const { event } of followJob('job-1', options, parts)) told.push(event);
  return told;
}

const streamsOf = (...events: JobEvent[]) =>
  new Map<string, readonly JobEvent[]>([[keys.events('job-1'), events]]);
const renewToken = () => 'a.b.c';

describe('followJob', () => {
  it('tells that a job waits for a sign-in when nobody renews it', async () => {
    const events = [said('one'), signInWanted, waiting];

    expect(await follow(partsWith(streamsOf(...events)))).toEqual(events);
    expect(await follow(partsWith(streamsOf(...events)), { renewToken: () => undefined })).toEqual(events);
  });

  it('goes on with the job that renewed it, under an id that follows from its own', async () => {
    const parts = partsWith(streamsOf(signInWanted, waiting));

    expect(await follow(parts, { renewToken })).toEqual([signInWanted, done]);
    expect(parts.renewals).toEqual([{ jobId: toRenewalId('job-1'), of: 'job-1', token: 'a.b.c' }]);
  });

  it('asks for no token for an approval', async () => {
    const parts = partsWith(streamsOf(signInWanted, approvalWanted, waiting));

    expect(await follow(parts, { renewToken })).toEqual([signInWanted, approvalWanted, waiting]);
    expect(parts.renewals).toEqual([]);
  });

  it('finds the question that was told before the point it reads from', async () => {
    const parts = partsWith(streamsOf(signInWanted, waiting));

    expect(await follow(parts, { renewToken, after: '1-0' })).toEqual([done]);
  });

  it('stops renewing after three tokens with which the agent did nothing', async () => {
    const parts = partsWith(streamsOf(signInWanted, waiting), () => [signInWanted, waiting]);

    const told = await follow(parts, { renewToken });

    expect(parts.renewals).toHaveLength(3);
    expect(told).toEqual([signInWanted, signInWanted, signInWanted, signInWanted, waiting]);
  });

  it('goes on renewing as long as the agent goes on', async () => {
    let renewals = 0;
    const parts = partsWith(streamsOf(signInWanted, waiting), () => {
      renewals += 1;
      return renewals < 8 ? [said(String(renewals)), signInWanted, waiting] : [done];
    });

    expect((await follow(parts, { renewToken })).at(-1)).toEqual(done);
    expect(parts.renewals).toHaveLength(8);
  });

  it.each(['1-0', '2-0'])('gives nothing after the end, and what is left after %s', async (after) => {
    const events = [said('one'), said('two'), done];

    expect(await follow(partsWith(streamsOf(...events)), { after })).toEqual(
      events.slice(Number(after.split('-')[0])),
    );
    expect(await follow(partsWith(streamsOf(...events)), { after: '3-0' })).toEqual([]);
  });

  it('refuses to read from what is no id of an event', async () => {
    await expect(follow(partsWith(new Map()), { after: '$' })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      issues: [{ path: 'after' }],
    });
  });
});
