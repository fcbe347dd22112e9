/**
 * In which order jobs are taken: by turns among the organizations that have some.
 *
 * Every job gets a place. The next place of an organization is one behind its last, and never before the place that is
 * served now: the thousandth job of one stands at 1000, the first of another behind those that are being taken.
 */
import type { Redis } from 'ioredis';
import { keys } from '../contracts/worker-jobs.js';
import { createScript } from './redis-script.js';
import { workerKeys } from './worker-keys.js';

/** The last place there is: BullMQ has no lower priority. Who comes to it waits in the order of coming. */
const lastPlace = 2_097_151;

/** Gives places. */
export interface FairShare {
  /** Gives a waiting job its place, the same one when it is asked again; undefined for a job that does not wait. */
  place(jobId: string): Promise<number | undefined>;
  /** A job does not wait any more. */
  leave(jobId: string): Promise<void>;
  /** How many jobs wait for a worker. */
  waiting(): Promise<number>;
}

const { places, lastPlaces, nowServing } = workerKeys;

const placeScript = `
local state, org = unpack(redis.call('HMGET', KEYS[4], 'state', 'org'))
if state ~= 'queued' then return false end
local given = redis.call('HGET', KEYS[1], ARGV[1])
if given then return tonumber(given) end
local now = tonumber(redis.call('GET', KEYS[3]) or '0')
local last = tonumber(redis.call('HGET', KEYS[2], org) or '0')
local place = math.min(math.max(now, last) + 1, tonumber(ARGV[2]))
redis.call('HSET', KEYS[1], ARGV[1], place)
redis.call('HSET', KEYS[2], org, place)
return place`;

// When nobody waits the count begins anew, so that it stays small.
const leaveScript = `
local place = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0')
redis.call('HDEL', KEYS[1], ARGV[1])
if redis.call('HLEN', KEYS[1]) == 0 then
  redis.call('DEL', KEYS[2], KEYS[3])
elseif place > tonumber(redis.call('GET', KEYS[3]) or '0') then
  redis.call('SET', KEYS[3], place)
end
return 1`;

/** Creates the fair share that all workers on this Redis have in common. */
export function createFairShare(redis: Redis): FairShare {
  const give = createScript(redis, placeScript);
  const take = createScript(redis, leaveScript);
  const all = [places, lastPlaces, nowServing];
  return {
    async place(jobId) {
      const place = await give({ keys: [...all, keys.job(jobId)], words: [jobId, lastPlace] });
      return place === null ? undefined : Number(place);
    },
    leave: async (jobId) => {
      await take({ keys: all, words: [jobId] });
    },
    waiting: () => redis.hlen(places),
  };
}
