/** What is asked of a request before its token is looked at. */

import { isAllowedHost } from '../allowed-host.js';
import { isAllowedOrigin } from '../allowed-origin.js';

/** Why a request is refused. */
export interface Refusal {
  readonly status: 403 | 404;
  readonly message: string;
}

/** The rules of one server. */
export interface RequestRules {
  /** Undefined when the request may go on. */
  refuse(request: Request): Refusal | undefined;
  /** Tells whether LangGraph Studio sent the request, from its own origin to this machine’s loopback. */
  isStudio(request: Request): boolean;
}

/** What {@link createRequestRules} is made of. */
export interface RequestRulesOptions {
  /** Host names, with or without a port, that the server answers to beside loopback. */
  readonly allowedHosts: readonly string[];
  /** Origins whose pages may send requests, beside those on loopback and Studio’s. */
  readonly allowedOrigins: readonly string[];
}

const studioOrigin = /^https:\/\/(?:[a-z0-9-]+\.)?smith\.langchain\.com$/;

/** Creates the rules. @see MCP security best practices, DNS rebinding; reference for CVE-2025-66414 */
export function createRequestRules({ allowedHosts, allowedOrigins }: RequestRulesOptions): RequestRules {
  return {
    refuse(request) {
      if (!isAllowedHost(hostOf(request), allowedHosts)) {
        return {
          status: 403,
          message: 'This host name is not one the server answers to; set ALLOWED_HOSTS.',
        };
      }
      const origin = request.headers.get('origin');
      if (origin !== null && !studioOrigin.test(origin) && !isAllowedOrigin(origin, allowedOrigins)) {
        return {
          status: 403,
          message: 'Requests from this origin are refused; add it to ALLOWED_ORIGINS.',
        };
      }
      // LangGraph’s own maintenance routes; one of them wipes all data for whoever is signed in.
      if (toRoutePath(request.url).startsWith('/internal/')) return { status: 404, message: 'Not found' };
      return undefined;
    },
    isStudio: (request) =>
      request.headers.get('x-auth-scheme') === 'langsmith' &&
      isAllowedHost(hostOf(request), []) &&
      studioOrigin.test(request.headers.get('origin') ?? ''),
  };
}

/** The path as the server’s router reads it: it decodes before it compares, so that `/intern%61l/` is `/internal/`. */
function toRoutePath(url: string): string {
  return new URL(url).pathname.replaceAll(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
}

function hostOf(request: Request): string {
  return request.headers.get('host') ?? new URL(request.url).host;
}
