/** Where clients learn which issuer's tokens this server takes. @see RFC 9728 */
import { platformScope } from './authenticate-request.js';

const wellKnown = '/.well-known/oauth-protected-resource';

/** What names this server to the world. */
export interface ProtectedResource {
  /** What tokens must carry in `aud`. */
  readonly audience: string;
  /** Claim `iss`. */
  readonly issuer: string;
  /** The MCP endpoint as this process sees it. */
  readonly endpoint: string;
}

/** The metadata document. @see RFC 9728 section 2 */
export function toMetadata({ audience, issuer }: ProtectedResource): Record<string, unknown> {
  return {
    resource: audience,
    resource_name: 'graph-fleet platform',
    authorization_servers: [issuer],
    scopes_supported: [platformScope],
    bearer_methods_supported: ['header'],
  };
}

/** The paths at which the metadata stands: made from the public path, from the one that this process sees, and the root form. */
export function metadataPaths(resource: ProtectedResource): readonly string[] {
  return [metadataPath(publicUrl(resource)), metadataPath(new URL(resource.endpoint)), wellKnown];
}

/** The metadata's URL, made from the resource's as RFC 9728 section 3.1 says. */
export function metadataUrl(resource: ProtectedResource): string {
  const url = publicUrl(resource);
  return new URL(metadataPath(url), url).href;
}

/** The slash of a URL without a path is no path. @see RFC 9728 section 3.1 */
function metadataPath({ pathname }: URL): string {
  return pathname === '/' ? wellKnown : `${wellKnown}${pathname}`;
}

/** The URL at which the creator of a resource fetches its sealed fields. */
export function toCredentialsUrl(resource: ProtectedResource, resourceId: string): string {
  return new URL(`resources/${encodeURIComponent(resourceId)}/credentials`, publicUrl(resource)).href;
}

/** The audience is by default the public URL of the endpoint; where it is a mere name, our own address stands in. */
function publicUrl({ audience, endpoint }: ProtectedResource): URL {
  const url = URL.canParse(audience) ? new URL(audience) : undefined;
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url : new URL(endpoint);
}
