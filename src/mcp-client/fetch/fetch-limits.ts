/** The bounds of the requests to one server. */

/** Times in milliseconds, sizes in bytes. */
export interface FetchLimits {
  /** Longest wait for the first word on a request that belongs to the connection and is no call. */
  readonly connectMs: number;
  /** Longest wait for the first word on a call or a list. */
  readonly headerMs: number;
  /** Longest silence in an answer that has begun. */
  readonly idleMs: number;
  /** Longest time from a call to the end of its answer, whatever comes in between. */
  readonly totalMs: number;
  /** The most that one answer may hold. */
  readonly maxBytes: number;
  /** How long a stream may stay open after its answer. */
  readonly lingerMs: number;
  /** Wait before a stream is opened again when the server names none. */
  readonly retryMs: number;
  /** Least wait before an answer’s stream is opened again, whatever the server says. */
  readonly leastResumeMs: number;
  /** Openings of an answer’s stream, one after the other, that may bring nothing new. */
  readonly maxBarrenResumes: number;
  /** Least wait before the listening stream is opened again, whatever the server says. */
  readonly leastListenMs: number;
  /** Endings of the listening stream after which it is not opened again for the life of the client. */
  readonly maxListenEndings: number;
}

/** What a server’s entry does not set. */
export const fixedLimits = {
  lingerMs: 1000,
  retryMs: 1000,
  leastResumeMs: 100,
  maxBarrenResumes: 3,
  leastListenMs: 1000,
  maxListenEndings: 3,
} as const satisfies Partial<FetchLimits>;
