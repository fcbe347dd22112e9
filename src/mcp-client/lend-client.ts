/** One use of a leased client, and one more when the server does not know its session, or its version, any more. */
import type { Client } from '@modelcontextprotocol/client';
import { isLostSession } from './call-failure.js';
import type { Lease } from './client-leases.js';
import { untilAborted } from './until-aborted.js';
import { isVersionRefusal } from './version-failure.js';

/** What is done with a client, and where it comes from. */
export interface Lending<Result> {
  readonly take: () => Lease;
  /** Where the client belongs once it is open: a session belongs to one thread. */
  readonly placeOf: () => string;
  readonly use: (client: Client) => Promise<Result>;
  /** Told of each failure; true when the client must not be used again. */
  readonly isBroken: (error: unknown) => boolean;
  /** Told before a use is made once more, because its session had ended. */
  readonly onSessionEnded?: (() => void) | undefined;
  /** Ends the wait for a client to open; the use has to heed it itself. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Uses a client and gives it back. A use that met an ended session, or a server that has left the version spoken with it,
 * is made once more with a new client, a write too: HTTP 404 and that refusal say that nothing was carried out.
 *
 * @throws whatever the last use threw, or why no client opened.
 * @see MCP 2025-11-25, "Session Management"; MCP 2026-07-28, "Versioning"
 */
export async function lendClient<Result>(lending: Lending<Result>): Promise<Result> {
  const first = await lendOnce(lending);
  if (first.kind === 'done') return first.result;
  if (isLostSession(first.error)) lending.onSessionEnded?.();
  const second = await lendOnce(lending);
  if (second.kind === 'done') return second.result;
  throw second.error;
}

type Use<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'agreement-ended'; readonly error: unknown };

async function lendOnce<Result>(lending: Lending<Result>): Promise<Use<Result>> {
  const { use, isBroken } = lending;
  const { lease, client } = await borrow(lending);
  const hasSession = client.transport?.sessionId !== undefined;
  try {
    return { kind: 'done', result: await use(client) };
  } catch (error) {
    if (isBroken(error)) lease.retire();
    const isLost = hasSession && isLostSession(error);
    if (!isLost && !isVersionRefusal(error)) throw error;
    lease.retire();
    return { kind: 'agreement-ended', error };
  } finally {
    lease.release();
  }
}

interface OpenLease {
  readonly lease: Lease;
  readonly client: Client;
}

/** Waits for a client that may be used here: of a first session only one thread gets it, the others open their own. */
async function borrow<Result>(lending: Lending<Result>): Promise<OpenLease> {
  const { take, placeOf, isBroken, signal } = lending;
  const lease = take();
  // Whatever the reason, a client that did not open is never lent again.
  lease.opening.catch(lease.retire);
  try {
    const client = await untilAborted(lease.opening, signal);
    if (lease.moveTo(placeOf())) return { lease, client };
  } catch (error) {
    if (isBroken(error)) lease.retire();
    lease.release();
    throw error;
  }
  lease.release();
  return borrow(lending);
}
