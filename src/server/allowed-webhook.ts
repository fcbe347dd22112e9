/** Which webhooks a run may name: those under the URLs that the operator lists, and no others. */
import { findUrlFault } from '../secure-url.js';

/** A slash that only the receiver would see as one: behind it `..` could leave the listed path. */
const hiddenSlash = /%2f|%5c/i;

/**
 * Reads a webhook that a client names.
 *
 * @param webhook whatever the client sent; paths of this server, which LangGraph would call from inside, are refused.
 * @param allowed origins with or without a path; a path covers what lies below it.
 * @returns the URL as it will be called; undefined when no entry covers it.
 */
export function parseWebhook(webhook: unknown, allowed: readonly string[]): URL | undefined {
  if (typeof webhook !== 'string' || findUrlFault(webhook) !== undefined) return undefined;
  // Compared as parsed, with every `..` resolved: that is what fetch calls.
  const url = new URL(webhook);
  if (hiddenSlash.test(url.pathname)) return undefined;
  return allowed.some((entry) => covers(new URL(entry), url)) ? url : undefined;
}

function covers(entry: URL, url: URL): boolean {
  const path = entry.pathname.replace(/\/$/, '');
  return entry.origin === url.origin && (url.pathname === path || url.pathname.startsWith(`${path}/`));
}
