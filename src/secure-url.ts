/** Which URLs may carry a token or a key: https, or http on the same machine. */
import { ConfigError } from './errors.js';

/** Tells whether a host name or address, as `URL.hostname` or a listen address writes it, is this machine. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || name === '::1' || /^127(?:\.\d{1,3}){3}$/.test(name);
}

/**
 * Reads a URL that tokens or keys will travel to.
 *
 * @param path the setting that the error names.
 * @throws {@link ConfigError} with what {@link findUrlFault} says.
 */
export function parseSecureUrl(path: string, text: string): URL {
  const fault = findUrlFault(text);
  if (fault !== undefined) throw new ConfigError(path, fault);
  return new URL(text);
}

/**
 * Tells why tokens or keys may not travel to a URL: it is not https (http on loopback), or carries credentials or a
 * fragment.
 *
 * @returns one sentence that does not show the URL, which may hold a secret; undefined when nothing is wrong.
 * @see OAuth 2.1 section 1.5
 */
export function findUrlFault(text: string): string | undefined {
  if (!URL.canParse(text)) return 'must be an absolute URL, e.g. "https://host/path"; correct it.';
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopbackHost(hostname))) {
    return 'must begin with https:// (http:// only on loopback); change the URL.';
  }
  if (username !== '' || password !== '')
    return 'must not hold a user name or password; take them out of the URL.';
  return hash === '' ? undefined : 'must not hold a fragment; take out "#" and what follows.';
}
