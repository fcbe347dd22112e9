/**
 * The door of a compiled graph: takes a user’s token out of sight before LangGraph sees the run config, and refuses
 * whoever is not the thread’s owner before LangGraph writes anything.
 */
import type { BaseCheckpointSaver } from '@langchain/langgraph';
import { sealTokenText } from '../auth/bearer-token.js';
import { findFleetError } from '../errors.js';
import type { Principal } from '../auth/principal.js';
import type { Configurable } from './run-config.js';
import { readThreadId, userTokenKey } from './run-config.js';
import { createThreadClaims } from './thread-claims.js';
import type { ThreadOwner } from './thread-owner.js';

/** Gives the owner of the thread that a run is on, who is `principal` when it had none; undefined when it keeps none. */
export type OwnerOfRun = (principal: Principal) => Promise<ThreadOwner | undefined>;

/** Lets a run in or throws. */
export type Admission = (ownerOf: OwnerOfRun, configurable: Configurable | undefined) => Promise<unknown>;

/** The parts of a compiled graph through which a run config comes in. */
interface RunDoor {
  readonly checkpointer?: BaseCheckpointSaver | boolean | undefined;
  /** What `withConfig` bound; LangGraph puts a run’s own config over it. */
  readonly config?: unknown;
  withConfig?(config: unknown): object;
  invoke(input: unknown, config?: unknown): Promise<unknown>;
  stream(input: unknown, config?: unknown): Promise<unknown>;
  streamEvents(input: unknown, config?: unknown, options?: unknown): unknown;
  /** Where every way into a compiled graph ends: `transform` comes here without `stream`. */
  _streamIterator(input: unknown, config?: unknown): AsyncIterable<unknown>;
}

/**
 * Makes a compiled graph put an opaque object in the place of a `_user_token` string. LangGraph traces and streams
 * every string of `configurable`; of the object it traces nothing, and prints it as `[redacted]`.
 * A refusal that LangChain wrapped rejects as the error it was, with its `code`. A copy made by `withConfig` is sealed
 * in the same way.
 *
 * With `admit` a run is let in before LangGraph stores its input. The hooks of a middleware come too late for that:
 * a stranger’s message would stand in the thread, and a stranger’s answer to an approval would wait there for the
 * owner’s next run.
 *
 * @returns the same graph.
 */
export function sealRunConfig<Graph extends object>(graph: Graph, admit?: Admission): Graph {
  // The overloads of a compiled graph are too many to repeat; all of them take the config second.
  const door = graph as unknown as RunDoor;
  const { invoke, stream, streamEvents, withConfig, _streamIterator } = door;
  const claims = createThreadClaims();

  const ownerOf =
    (configurable: Configurable | undefined): OwnerOfRun =>
    async (principal) => {
      const threadId = readThreadId(configurable);
      const { checkpointer } = door;
      if (typeof checkpointer !== 'object' || threadId === '') return undefined;
      return claims.claim(checkpointer, threadId, principal);
    };

  door._streamIterator = async function* (input, config) {
    const sealed = withSealedToken(config);
    const configurable = mergedConfigurable(door.config, sealed);
    await admit?.(ownerOf(configurable), configurable);
    yield* _streamIterator.call(graph, input, sealed);
  };
  door.invoke = async (input, config) => {
    try {
      return await invoke.call(graph, input, withSealedToken(config));
    } catch (error) {
      throw findFleetError(error) ?? error;
    }
  };
  door.stream = async (input, config) => {
    try {
      return withFleetErrors(await stream.call(graph, input, withSealedToken(config)));
    } catch (error) {
      throw findFleetError(error) ?? error;
    }
  };
  door.streamEvents = (input, config, options) =>
    streamEvents.call(graph, input, withSealedToken(config), options);
  if (withConfig !== undefined)
    door.withConfig = (config) => sealRunConfig(withConfig.call(graph, withSealedToken(config)), admit);
  return graph;
}

/** Makes a stream of LangGraph, which iterates by its own `next`, reject with the error that LangChain wrapped. */
function withFleetErrors(chunks: unknown): unknown {
  if (!isObject(chunks) || typeof chunks['next'] !== 'function') return chunks;
  // The shape of an async iterator; what it gives is passed on untouched.
  const source = chunks as { next: () => Promise<unknown> };
  const { next } = source;
  source.next = () =>
    next.call(source).catch((error: unknown) => {
      throw findFleetError(error) ?? error;
    });
  return chunks;
}

function mergedConfigurable(bound: unknown, own: unknown): Configurable | undefined {
  const [base, over] = [readConfigurable(bound), readConfigurable(own)];
  return base === undefined || over === undefined ? (over ?? base) : { ...base, ...over };
}

function readConfigurable(config: unknown): Configurable | undefined {
  return isObject(config) && isObject(config['configurable']) ? config['configurable'] : undefined;
}

function withSealedToken(config: unknown): unknown {
  if (!isObject(config) || !isObject(config.configurable)) return config;
  const token = config.configurable[userTokenKey];
  if (typeof token !== 'string' || token === '') return config;
  return { ...config, configurable: { ...config.configurable, [userTokenKey]: sealTokenText(token) } };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
