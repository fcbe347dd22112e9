/** Turns what a client would see of a database that is away into an answer: 503, and when to come again. */
import { HTTPException } from 'hono/http-exception';
import { findFleetError } from '../../errors.js';

/** How long a client waits before it comes again, in seconds. */
const retryAfterSeconds = 5;

/**
 * Gives the same functions with that answer in the place of the error.
 *
 * @param functions functions that return a promise or an async generator; what is none is handed on.
 */
export function withStorageAnswers<Functions extends object>(functions: Functions): Functions {
  const members = Object.entries(functions).map(([name, member]: [string, unknown]) => [
    name,
    typeof member === 'function' ? answered(member) : member,
  ]);
  // The same names, and functions that take and give what they did.
  return Object.fromEntries(members) as Functions;
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- of any arguments; they are handed on as they came
function answered(member: Function): (...args: readonly unknown[]) => unknown {
  return (...args) => {
    const result: unknown = Reflect.apply(member, undefined, args);
    if (isAsyncIterable(result)) return eachAnswered(result);
    return result instanceof Promise ? result.catch(raise) : result;
  };
}

async function* eachAnswered(results: AsyncIterable<unknown>): AsyncGenerator {
  try {
    yield* results;
  } catch (error) {
    raise(error);
  }
}

function raise(error: unknown): never {
  const known = findFleetError(error);
  if (known?.code !== 'ERR_DATABASE_UNAVAILABLE') throw error;
  const { message } = known;
  const headers = { 'Retry-After': String(retryAfterSeconds) };
  const res = new Response(message, { status: 503, headers });
  throw new HTTPException(503, { message, res, cause: error });
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
