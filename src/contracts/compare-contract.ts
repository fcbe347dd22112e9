/**
 * Compares what a wrapper sends with what a live tool takes, by their JSON Schemas.
 *
 * Judged are fields, types and fixed values. Bounds, formats and patterns are not: the model is shown the live ones, and
 * the server names the argument that breaks them. What stands behind a `$ref` or deeper than 32 levels is not judged.
 */

/** A JSON Schema, or what stands in the place of one. */
export type ContractSchema = Readonly<Record<string, unknown>>;

/** How the two fit. A reason names the argument by its path. */
export type ContractComparison =
  | { readonly verdict: 'same' }
  | { readonly verdict: 'compatible'; readonly differences: readonly string[] }
  | { readonly verdict: 'broken'; readonly reason: string };

/** What is compared. */
export interface ContractSides {
  /** The schema of the arguments as they leave. */
  readonly sent: ContractSchema;
  /** The schema of the arguments as the live tool takes them. */
  readonly live: ContractSchema;
  /** Whether fields may be added that the sent schema does not name; then no required one is missed. */
  readonly addsFields?: boolean | undefined;
}

/** One difference; `breaks` says that calls would be refused or misread for it. */
interface Finding {
  readonly breaks: boolean;
  readonly text: string;
}

interface Place {
  readonly path: string;
  readonly depth: number;
  readonly addsFields: boolean;
  /** Whether other schemas stand beside this one, so that it need not name every field. */
  readonly isPart: boolean;
}

const maxDepth = 32;
/** The longest reason, in characters: names in it are the server’s. */
const maxReasonLength = 300;

/**
 * Compares the two sides.
 *
 * @returns `same`; `compatible` when every call the wrapper makes is still understood, an optional field more for one;
 * `broken` with the first reason why it is not.
 */
export function compareContract({ sent, live, addsFields = false }: ContractSides): ContractComparison {
  const findings = compareValues(sent, live, { path: '', depth: 0, addsFields, isPart: false });
  const broken = findings.find(({ breaks }) => breaks);
  if (broken !== undefined) return { verdict: 'broken', reason: broken.text.slice(0, maxReasonLength) };
  if (findings.length === 0) return { verdict: 'same' };
  return { verdict: 'compatible', differences: findings.map(({ text }) => text.slice(0, maxReasonLength)) };
}

function compareValues(sent: unknown, live: unknown, place: Place): readonly Finding[] {
  if (live === false) return [breaking(`${nameOf(place)} is not taken any more`)];
  if (!isSchema(sent) || !isSchema(live) || place.depth > maxDepth) return [];
  if ('$ref' in sent || '$ref' in live) return [];
  const deeper = { ...place, depth: place.depth + 1 };
  const sentForms = formsOf(sent);
  if (sentForms !== undefined) return sentForms.flatMap((form) => compareValues(form, live, deeper));
  const parts = listOf(live.allOf);
  const isPart = place.isPart || parts.length > 0 || formsOf(live) !== undefined;
  return [
    ...comparePlain(sent, live, { ...place, isPart }),
    ...parts.flatMap((part) => compareValues(sent, part, { ...deeper, isPart })),
    ...compareForms(sent, live, { ...deeper, isPart }),
  ];
}

/** The alternatives of a schema, where it has any. */
function formsOf(schema: ContractSchema): readonly unknown[] | undefined {
  const forms = [...listOf(schema.anyOf), ...listOf(schema.oneOf)];
  return forms.length === 0 ? undefined : forms;
}

/** Finds the live alternative that fits best. */
function compareForms(sent: ContractSchema, live: ContractSchema, place: Place): readonly Finding[] {
  const compared = (formsOf(live) ?? []).map((form) => compareValues(sent, form, place));
  if (compared.length === 0) return [];
  const fitting = compared.filter((findings) => findings.every(({ breaks }) => !breaks));
  const best = fitting.find((findings) => findings.length === 0) ?? fitting[0];
  if (best === undefined) return compared[0] ?? [];
  return compared.length === 1 ? best : [...best, harmless(`${nameOf(place)} is taken in other forms too`)];
}

function comparePlain(sent: ContractSchema, live: ContractSchema, place: Place): readonly Finding[] {
  const types = compareTypes(sent, live, place);
  // Of another type there is nothing more to say.
  if (types.some(({ breaks }) => breaks)) return types;
  const deeper = { ...place, path: `${place.path}[]`, depth: place.depth + 1, isPart: false };
  return [
    ...types,
    ...compareFixedValues(sent, live, place),
    ...compareFields(sent, live, place),
    ...(isSchema(sent.items) && 'items' in live ? compareValues(sent.items, live.items, deeper) : []),
  ];
}

function compareTypes(sent: ContractSchema, live: ContractSchema, place: Place): readonly Finding[] {
  const sentTypes = typesOf(sent);
  const liveTypes = typesOf(live);
  if (sentTypes.length === 0 || liveTypes.length === 0) return [];
  const isTaken = (type: string): boolean =>
    liveTypes.includes(type) || (type === 'integer' && liveTypes.includes('number'));
  const refused = sentTypes.find((type) => !isTaken(type));
  if (refused !== undefined)
    return [breaking(`${nameOf(place)} is sent as ${refused} and taken as ${liveTypes.join(' or ')}`)];
  const isWider = liveTypes.some((type) => !sentTypes.includes(type));
  return isWider ? [harmless(`${nameOf(place)} is taken as ${liveTypes.join(' or ')}`)] : [];
}

/** A free text that the live tool takes from a list alone is no break: the model is shown the list. */
function compareFixedValues(sent: ContractSchema, live: ContractSchema, place: Place): readonly Finding[] {
  const sentValues = fixedValuesOf(sent);
  const liveValues = fixedValuesOf(live);
  if (liveValues === undefined)
    return sentValues === undefined ? [] : [harmless(`${nameOf(place)} is taken with any value`)];
  if (sentValues === undefined) return [harmless(`${nameOf(place)} is taken with some values only`)];
  const refused = [...sentValues].find((value) => !liveValues.has(value));
  if (refused !== undefined) return [breaking(`${nameOf(place)} is not taken as ${refused}`)];
  return liveValues.size > sentValues.size ? [harmless(`${nameOf(place)} is taken with more values`)] : [];
}

function compareFields(sent: ContractSchema, live: ContractSchema, place: Place): readonly Finding[] {
  if (!isSchema(sent.properties)) return [];
  const own = sent.properties;
  const liveFields = isSchema(live.properties) ? live.properties : {};
  const findings: Finding[] = [];
  // A schema that takes fields beside its own may be given the required one too.
  const { additionalProperties = false } = sent;
  const addsFields = place.addsFields || additionalProperties !== false;
  for (const name of listOf(live.required).map(String))
    if (!Object.hasOwn(own, name)) findings.push(missing(name, { ...place, addsFields }));
  for (const [name, field] of Object.entries(own))
    findings.push(...compareField({ name, field }, { sent, live }, place));
  const required = new Set(listOf(live.required));
  for (const name of Object.keys(liveFields))
    if (!Object.hasOwn(own, name) && !required.has(name))
      findings.push(harmless(`${nameOf(at(place, name))} is offered and never sent`));
  return findings;
}

function missing(name: string, place: Place): Finding {
  const text = `${nameOf(at(place, name))} is required and never sent`;
  return place.addsFields ? harmless(text) : breaking(text);
}

function compareField(
  { name, field }: { readonly name: string; readonly field: unknown },
  { sent, live }: Pick<ContractSides, 'sent' | 'live'>,
  outer: Place,
): readonly Finding[] {
  const place = at(outer, name);
  const isAlwaysSent = listOf(sent.required).includes(name);
  const taker = findTaker(name, live);
  if (taker === undefined) {
    const isNamed = isSchema(live.properties) && Object.keys(live.properties).length > 0;
    if (isAlwaysSent && isNamed && !outer.isPart)
      return [breaking(`${nameOf(place)} is always sent and not known`)];
    return [harmless(`${nameOf(place)} is not known`)];
  }
  const isDemanded = !isAlwaysSent && listOf(live.required).includes(name);
  const demand = isDemanded ? [harmless(`${nameOf(place)} is required and not always sent`)] : [];
  return [...demand, ...compareValues(field, taker.schema, place)];
}

/** What takes a field: its own schema, that of a name pattern, or that of all others; undefined when none names it. */
function findTaker(name: string, live: ContractSchema): { readonly schema: unknown } | undefined {
  const { properties, patternProperties, additionalProperties } = live;
  if (isSchema(properties) && Object.hasOwn(properties, name)) return { schema: properties[name] };
  // A pattern is the server’s and may be slow to match, so whatever it lets in is not judged.
  if (isSchema(patternProperties) && Object.keys(patternProperties).length > 0) return { schema: true };
  if (additionalProperties === undefined || additionalProperties === true) return undefined;
  return { schema: additionalProperties };
}

/** The types that a schema names, or those of the values it fixes. */
function typesOf(schema: ContractSchema): readonly string[] {
  if (typeof schema.type === 'string') return [schema.type];
  if (Array.isArray(schema.type)) return schema.type.map(String);
  const values = 'const' in schema ? [schema.const] : listOf(schema.enum);
  return [...new Set(values.map(typeOf))];
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** The values that a schema fixes, as JSON. */
function fixedValuesOf(schema: ContractSchema): ReadonlySet<string> | undefined {
  if ('const' in schema) return new Set([JSON.stringify(schema.const)]);
  if (!Array.isArray(schema.enum)) return undefined;
  return new Set(schema.enum.map((value) => JSON.stringify(value)));
}

function at(place: Place, name: string): Place {
  return {
    ...place,
    path: place.path === '' ? name : `${place.path}.${name}`,
    depth: place.depth + 1,
    isPart: false,
  };
}

function nameOf({ path }: Place): string {
  return path === '' ? 'the whole input' : JSON.stringify(path);
}

function breaking(text: string): Finding {
  return { breaks: true, text };
}

function harmless(text: string): Finding {
  return { breaks: false, text };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isSchema(value: unknown): value is ContractSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
