/** JSON as it stands in the records: what a client would be answered, so that a record reads the same before and after. */

/** A message of LangChain, which the LangGraph server answers in its plain form. */
interface Portrayed {
  toDict(): { readonly type: string; readonly data: object };
}

/** Writes a value. Functions are left out, and with them the token that the user object holds in a closure. */
export function toStored(value: unknown): string {
  return JSON.stringify(value, function (this: Readonly<Record<string, unknown>>, key, json: unknown) {
    // Before `toJSON` was called on it: LangChain’s own form names the class and not the message.
    const raw = this[key];
    if (typeof raw === 'bigint') return String(raw);
    if (!isPortrayed(raw)) return json;
    const { type, data } = raw.toDict();
    return { ...data, type };
  });
}

/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters -- the reader of a column knows what was written there */
/** Reads a value that {@link toStored} wrote; the caller says by its type which column it comes from. */
export function fromStored<Value>(text: string): Value {
  // Nothing but toStored writes these columns, from values of this type.
  return JSON.parse(text) as Value;
}

function isPortrayed(value: unknown): value is Portrayed {
  return (
    typeof value === 'object' && value !== null && 'toDict' in value && typeof value.toDict === 'function'
  );
}
