/** Takes a user’s token out of sight before LangGraph sees the run config, in process and in the worker. */
import type { BearerToken } from '../auth/bearer-token.js';
import { isBearerToken, toBearerToken } from '../auth/bearer-token.js';
import { findFleetError } from '../errors.js';
import { userTokenKey } from './run-config.js';

/** The parts of a compiled graph through which a run config comes in. */
interface RunDoor {
  invoke(input: unknown, config?: unknown): Promise<unknown>;
  stream(input: unknown, config?: unknown): Promise<unknown>;
  streamEvents(input: unknown, config?: unknown, options?: unknown): unknown;
}

/**
 * Makes a compiled graph put an opaque object in the place of a `_user_token` string. LangGraph traces and streams
 * every string of `configurable`; of the object it traces nothing, and prints it as `[redacted]`.
 * A refusal that LangChain wrapped rejects as the error it was, with its `code`.
 *
 * @returns the same graph.
 */
export function sealRunConfig<Graph extends object>(graph: Graph): Graph {
  // The overloads of a compiled graph are too many to repeat; all of them take the config second.
  const door = graph as unknown as RunDoor;
  const { invoke, stream, streamEvents } = door;
  door.invoke = async (input, config) => {
    try {
      return await invoke.call(graph, input, withSealedToken(config));
    } catch (error) {
      throw findFleetError(error) ?? error;
    }
  };
  door.stream = (input, config) => stream.call(graph, input, withSealedToken(config));
  door.streamEvents = (input, config, options) =>
    streamEvents.call(graph, input, withSealedToken(config), options);
  return graph;
}

function withSealedToken(config: unknown): unknown {
  if (!isObject(config) || !isObject(config.configurable)) return config;
  const token = config.configurable[userTokenKey];
  if (typeof token !== 'string' || isBearerToken(token)) return config;
  return { ...config, configurable: { ...config.configurable, [userTokenKey]: sealToken(token) } };
}

/** An object for every text, well-formed or not: what is refused must not be shown either. */
function sealToken(text: string): BearerToken | { readonly toJSON: () => string } {
  try {
    return toBearerToken(text);
  } catch {
    return { toJSON: () => '[redacted]' };
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
