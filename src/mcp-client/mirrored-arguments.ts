/**
 * The arguments of a tool that its schema wants repeated as HTTP headers, for routers that do not read bodies.
 *
 * @see MCP 2026-07-28, "Streamable HTTP", "Custom Headers from Tool Parameters" (SEP-2243)
 */
import type { Tool } from '@modelcontextprotocol/client';

const keyword = 'x-mcp-header';
const mirroredTypes = new Set<unknown>(['string', 'integer', 'boolean']);
/** @see RFC 9110, section 5.6.2 */
const headerToken = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** What stands under them is data and no schema. */
const dataKeywords = new Set(['const', 'default', 'enum', 'examples']);

/** Tells whether a tool may have such a wish; where none is, nobody has to look for it at a call. */
export function wantsMirroring({ inputSchema }: Tool): boolean {
  return JSON.stringify(inputSchema).includes(keyword);
}

interface Place {
  readonly value: unknown;
  /** Whether its place in the arguments is known from the schema alone. */
  readonly isArgument: boolean;
}

/**
 * Tells whether every such wish of an input schema can be met: a header’s name, once, at an argument of a plain type. A
 * tool with another one must not be offered. The list says nothing of transports, so that this holds for all of them.
 */
export function canMirrorArguments(inputSchema: Readonly<Record<string, unknown>>): boolean {
  const names = new Set<string>();
  // A stack of our own: a schema may be nested deeper than calls can be.
  const places: Place[] = [{ value: inputSchema, isArgument: true }];
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    const { value, isArgument } = place;
    if (typeof value !== 'object' || value === null) continue;
    const wish = toWish(value);
    if (wish !== undefined) {
      const isGood = isArgument && value !== inputSchema && isHeaderFor(wish.header, value);
      const name = String(wish.header).toLowerCase();
      if (!isGood || names.has(name)) return false;
      names.add(name);
    }
    places.push(...placesIn(value, isArgument));
  }
  return true;
}

function toWish(schema: object): { readonly header: unknown } | undefined {
  return keyword in schema ? { header: schema[keyword] } : undefined;
}

function isHeaderFor(header: unknown, schema: object): boolean {
  const isPlain = 'type' in schema && mirroredTypes.has(schema.type);
  return isPlain && typeof header === 'string' && headerToken.test(header);
}

function placesIn(schema: object, isArgument: boolean): Place[] {
  return Object.entries(schema).flatMap(([key, value]: [string, unknown]): Place[] => {
    if (dataKeywords.has(key)) return [];
    if (key !== 'properties' || typeof value !== 'object' || value === null)
      return [{ value, isArgument: false }];
    // Its keys are names of arguments, of which one may be called as the keyword is.
    return Object.values(value).map((child: unknown) => ({ value: child, isArgument }));
  });
}
