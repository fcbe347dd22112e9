/**
 * What happens to a job in Redis, each step whole or not at all.
 *
 * The hash of a job names its attempt. Every step of an attempt compares it first, so that a worker that was taken for
 * dead cannot tell or end anything any more. A connection that breaks sends a command again whose answer it did not
 * get: each script knows what it did already, and does it once.
 */

/** KEYS job, thread; ARGV job id, order, then the fields of the job and their values. Gives the state that the job has now. */
export const acceptScript = `
local state = redis.call('HGET', KEYS[1], 'state')
if state then return state end
redis.call('HSET', KEYS[1], 'state', 'queued', 'attempt', 0, unpack(ARGV, 3))
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
return 'queued'`;

/** KEYS job, events; ARGV seconds, event, then the fields of the job. A job that is there already stays as it is. */
export const refuseScript = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'state', 'ended', 'attempt', 0, unpack(ARGV, 3))
redis.call('XADD', KEYS[2], '*', 'event', ARGV[2])
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ARGV[1]) end
return 1`;

/**
 * KEYS job, thread, turn, intake, events; ARGV job id, nonce of this taking, worker, thread id, the last two in quotes.
 * Tells that the attempt started, and gives it and its tries, or why there is none: the job has ended, another of its thread has the turn, or an older message of the thread
 * may still stand in the intake, where another worker is about to take it out.
 */
export const beginScript = `
local state, taken, entry = unpack(redis.call('HMGET', KEYS[1], 'state', 'taken', 'entry'))
if not state then return 'unknown' end
if state == 'ended' then return 'ended' end
local turn = redis.call('GET', KEYS[3])
if not turn then
  if redis.call('ZRANGE', KEYS[2], 0, 0)[1] ~= ARGV[1] then return 'not-its-turn' end
  for _, older in ipairs(redis.call('XRANGE', KEYS[4], '-', '(' .. entry, 'COUNT', 100)) do
    for _, word in ipairs(older[2]) do
      if string.find(word, ARGV[4], 1, true) then return 'too-early' end
    end
  end
  redis.call('SET', KEYS[3], ARGV[1])
elseif turn ~= ARGV[1] then
  return 'not-its-turn'
end
if taken ~= ARGV[2] then
  local attempt = redis.call('HINCRBY', KEYS[1], 'attempt', 1)
  redis.call('HINCRBY', KEYS[1], 'tries', 1)
  redis.call('HSET', KEYS[1], 'state', 'running', 'taken', ARGV[2], 'told', 0)
  redis.call('XADD', KEYS[5], '*', 'event', '{"type":"started","attempt":' .. attempt .. ',"worker":' .. ARGV[3] .. '}')
end
return redis.call('HMGET', KEYS[1], 'attempt', 'tries')`;

// ARGV 1 is the attempt, ARGV 2 the number of this telling; what was told already is not told again.
const isOurs = `
local state, attempt, told = unpack(redis.call('HMGET', KEYS[1], 'state', 'attempt', 'told'))
local ours = state == 'running' and attempt == ARGV[1]
local first = ours and tonumber(told) < tonumber(ARGV[2])`;

/** KEYS job, events; ARGV attempt, number, events. Gives 0 when the attempt is not the job’s any more. */
export const tellScript = `${isOurs}
if not ours then return 0 end
if first then
  redis.call('HSET', KEYS[1], 'told', ARGV[2])
  for i = 3, #ARGV do redis.call('XADD', KEYS[2], '*', 'event', ARGV[i]) end
end
return 1`;

/** KEYS job; ARGV attempt, number, field, value. Keeps a fact for the attempts that follow. */
export const noteScript = `${isOurs}
if not ours then return 0 end
redis.call('HSET', KEYS[1], ARGV[3], ARGV[4])
return 1`;

/** KEYS job, events; ARGV attempt, number, event, "1" when the try counts. Gives 0 when the attempt is not ours any more. */
export const releaseScript = `${isOurs}
if not ours then return 0 end
redis.call('HSET', KEYS[1], 'state', 'queued')
redis.call('XADD', KEYS[2], '*', 'event', ARGV[3])
if ARGV[4] ~= '1' then redis.call('HINCRBY', KEYS[1], 'tries', -1) end
return 1`;

/** KEYS job; ARGV attempt. Takes back the try of an attempt that another one replaced although its worker lives. */
export const uncountScript = `
local attempt, tries = unpack(redis.call('HMGET', KEYS[1], 'attempt', 'tries'))
if not tries or tonumber(attempt) <= tonumber(ARGV[1]) or tonumber(tries) < 2 then return 0 end
redis.call('HINCRBY', KEYS[1], 'tries', -1)
return 1`;

/**
 * KEYS job, events, thread, turn, cancel, dead; ARGV attempt, or "queued:" and a nonce for a job that no attempt has, job id, seconds, event,
 * dead letter or "", most letters, then fields. Gives 0 when the job is not ours to end: another call has, or an attempt must end
 * its run on an agent server first.
 */
export const endScript = `
local state, attempt, by = unpack(redis.call('HMGET', KEYS[1], 'state', 'attempt', 'endedBy'))
if state == 'ended' then
  if by == ARGV[1] then return 1 end
  return 0
end
local waits = string.sub(ARGV[1], 1, 7) == 'queued:' and state == 'queued'
if waits and redis.call('HEXISTS', KEYS[1], 'serverRun') == 1 then return 0 end
if not waits and not (state == 'running' and attempt == ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'state', 'ended', 'endedBy', ARGV[1], unpack(ARGV, 7))
redis.call('HDEL', KEYS[1], 'tokenRef', 'taken', 'told', 'entry')
if redis.call('HGET', KEYS[1], 'result') ~= 'waiting' then redis.call('HDEL', KEYS[1], 'text', 'decisions') end
redis.call('XADD', KEYS[2], '*', 'event', ARGV[4])
redis.call('ZREM', KEYS[3], ARGV[2])
if redis.call('GET', KEYS[4]) == ARGV[2] then redis.call('DEL', KEYS[4]) end
redis.call('DEL', KEYS[5])
if ARGV[5] ~= '' then redis.call('XADD', KEYS[6], 'MAXLEN', '~', ARGV[6], '*', 'letter', ARGV[5]) end
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return 1`;
