/** Which host names a server answers to. @see MCP specification, DNS rebinding */
import { isLoopbackHost } from './secure-url.js';

/**
 * Tells whether the value of a `Host` header is listed, with its port or for every port, or names this machine: no
 * name that somebody else can point at this machine is a loopback name.
 */
export function isAllowedHost(host: string, allowed: readonly string[]): boolean {
  const name = host.toLowerCase();
  const withoutPort = name.replace(/:\d{1,5}$/, '');
  if (isLoopbackHost(withoutPort)) return true;
  return allowed.some((entry) => [name, withoutPort].includes(entry.toLowerCase()));
}
