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
 * @param path the setting, or the path inside a file, that the error names.
 * @throws {@link ConfigError} when it is not https (http on loopback), or carries credentials or a fragment.
 * @see OAuth 2.1 section 1.5
 */
export function parseSecureUrl(path: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined)
    throw new ConfigError(path, 'must be an absolute URL, e.g. "https://host/path"; correct it.');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopbackHost(url.hostname))) {
    throw new ConfigError(path, 'must begin with https:// (http:// only on loopback); change the URL.');
  }
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError(path, 'must not hold a user name or password; take them out of the URL.');
  }
  if (url.hash !== '')
    throw new ConfigError(path, 'must not hold a fragment; take out "#" and what follows.');
  return url;
}
