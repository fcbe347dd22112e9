import { describe, expect, it } from 'vitest';
import { toRedisRefusal } from '../../src/worker/open-redis.js';

describe('toRedisRefusal', () => {
  it.each([
    ['WRONGPASS invalid username-password pair', 'refuses the user or password'],
    ['NOAUTH Authentication required.', 'refuses the user or password'],
    ["NOPERM User backend has no permissions to run the 'subscribe' command", 'does not let this user'],
    ['ERR DB index is out of range', 'no database of this number'],
    ['connect ECONNREFUSED 127.0.0.1:1', 'does not answer there'],
  ])('of %j says that Redis %s', (said, words) => {
    const error = toRedisRefusal(new Error(said));

    expect(error).toMatchObject({ code: 'ERR_CONFIG', path: 'REDIS_URL' });
    expect(error.message).toContain(words);
    expect(error.message).not.toContain(said);
  });
});
