/** Which web pages may send requests. @see RFC 6454 section 7; MCP specification, DNS rebinding */
import { isLoopbackHost } from './secure-url.js';

/** Tells whether the value of an `Origin` header is listed, or a page of this machine. */
export function isAllowedOrigin(origin: string, allowed: readonly string[]): boolean {
  if (allowed.includes(origin)) return true;
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  return ['http:', 'https:'].includes(url.protocol) && url.origin === origin && isLoopbackHost(url.hostname);
}
