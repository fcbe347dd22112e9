/** What `JSON.parse` does not tell: whether an object names a member twice, or one that reaches a prototype. */

const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/**
 * Tells whether every object in a JSON text names each member once and none is called `__proto__`.
 * Two readers of one text may otherwise see two different values.
 *
 * @param json text that `JSON.parse` accepts.
 * @see RFC 7515 section 4; RFC 7519 section 4
 */
export function hasSafeMembers(json: string): boolean {
  const open: Set<string>[] = [];
  let text = '';
  for (const [token] of json.matchAll(tokens)) {
    if (token === '{' || token === '[') open.push(new Set());
    if (token === '}' || token === ']') open.pop();
    if (token === ':' && !isNewMember(open.at(-1), text)) return false;
    text = token;
  }
  return true;
}

function isNewMember(members: Set<string> | undefined, quoted: string): boolean {
  const name = String(JSON.parse(quoted));
  if (members === undefined || members.has(name) || name === '__proto__') return false;
  members.add(name);
  return true;
}
