/** Who sent the request that a route of ours serves. */
import type { Context } from 'hono';
import type { Authentication, AuthenticatedUser } from './authenticated-user.js';
import { isAuthenticatedUser } from './authenticated-user.js';

/**
 * Tells requests that this process sends to itself, without a socket, from those of everybody else: LangGraph calls
 * webhooks on the server’s own routes this way, and the guard asks who owns a thread.
 */
export function isFromThisProcess({ env }: Context): boolean {
  // Hono hands on whatever its adapter gave; ours, and that of WebSockets, give the message of node:http.
  return (env as { readonly incoming?: unknown } | undefined)?.incoming === undefined;
}

/** The signed-in caller; undefined on routes that answer to anybody. */
export function readCaller(context: Context): AuthenticatedUser | undefined {
  // LangGraph’s authentication puts it there before any route of ours.
  const auth = context.get('auth') as Authentication | undefined;
  return auth !== undefined && isAuthenticatedUser(auth.user) ? auth.user : undefined;
}
