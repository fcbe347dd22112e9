/** The search filters of the LangGraph server’s routes. */

/**
 * Tells whether a value holds everything that another asks for, member by member, as the LangGraph server’s own storage
 * decides it: what is not asked for does not count, and a member that is null on the one side is not there.
 */
export function containsJson(value: unknown, asked: unknown): boolean {
  if (!isObject(value) || !isObject(asked)) return true;
  return Object.entries(asked).every(([key, wanted]) => {
    const found = value[key];
    if (found === undefined || found === null) return false;
    return isObject(wanted) && isObject(found) ? containsJson(found, wanted) : found === wanted;
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
