/** The scopes that a server asked for when it refused a request for want of them. */

const scopeName = /^[\w.:/*+-]{1,100}$/;
const maxScopes = 8;

/**
 * Makes the sentence for a refusal that names scopes. What a server sent is shown only where all of it has the form of
 * scope names: other words of its own are no names.
 *
 * @returns undefined when there is nothing to show.
 * @see RFC 6750 section 3.1, "insufficient_scope"
 */
export function missingScopeMessage(server: string, requiredScope: string | undefined): string | undefined {
  const names = (requiredScope ?? '').split(' ').filter((name) => name !== '');
  if (names.length === 0 || !names.every((name) => scopeName.test(name))) return undefined;
  const scope = JSON.stringify(names.slice(0, maxScopes).join(' '));
  return `The server "${server}" asks for the permission ${scope}, which your sign-in does not carry; an administrator can grant it.`;
}
