/** Takes the fields marked `writeOnly` out of a JSON Schema, so that a model neither asks for nor invents them. */

/**
 * Removes every write-only property, and its name from `required`, from a JSON text that holds schemas.
 *
 * @returns the text unchanged when it is not JSON.
 * @see JSON Schema 2020-12, Validation, section 9.4
 */
export function withoutWriteOnlyFields(text: string): string {
  try {
    return JSON.stringify(withoutWriteOnly(JSON.parse(text)));
  } catch {
    // Not JSON: there is no schema in it to change.
    return text;
  }
}

function withoutWriteOnly(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutWriteOnly);
  if (typeof value !== 'object' || value === null) return value;
  const hidden = new Set('properties' in value ? writeOnlyNames(value.properties) : []);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      withoutWriteOnly(withoutNames(name, member, hidden)),
    ]),
  );
}

function writeOnlyNames(properties: unknown): readonly string[] {
  if (typeof properties !== 'object' || properties === null) return [];
  return Object.entries(properties).flatMap(([name, schema]) => (isWriteOnly(schema) ? [name] : []));
}

function isWriteOnly(schema: unknown): boolean {
  return typeof schema === 'object' && schema !== null && 'writeOnly' in schema && schema.writeOnly === true;
}

function withoutNames(keyword: string, member: unknown, hidden: ReadonlySet<string>): unknown {
  if (keyword === 'required' && Array.isArray(member))
    return member.filter((name) => !hidden.has(String(name)));
  if (keyword !== 'properties' || typeof member !== 'object' || member === null) return member;
  return Object.fromEntries(Object.entries(member).filter(([name]) => !hidden.has(name)));
}
