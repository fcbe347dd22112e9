/** Refuses requests that a browser was tricked into sending. @see MCP specification, DNS rebinding */
import type { IncomingMessage } from 'node:http';
import { isAllowedHost } from '../allowed-host.js';
import { isAllowedOrigin } from '../allowed-origin.js';

/** What may stand in `Host` and `Origin`. */
export interface AddressGuardOptions {
  /** Host names beside loopback, with a port or for every port. */
  readonly allowedHosts: readonly string[];
  /** Origins beside those on loopback; `https://app.example.com`. */
  readonly allowedOrigins: readonly string[];
}

/** Tells what is wrong with the addresses of a request; undefined when nothing is. */
export function refuseAddress(request: IncomingMessage, options: AddressGuardOptions): string | undefined {
  const { host, origin } = request.headers;
  if (host === undefined || !isAllowedHost(host, options.allowedHosts)) {
    return 'This host name is not served here; add it to ALLOWED_HOSTS.';
  }
  if (origin !== undefined && !isAllowedOrigin(origin, options.allowedOrigins)) {
    return 'Requests from this origin are refused; add it to ALLOWED_ORIGINS.';
  }
  return undefined;
}
