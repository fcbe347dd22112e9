/** What OpenAI refuses in a chat completions request, so that a test server refuses it too. */
import { z } from 'zod';

const toolCall = z.strictObject({
  id: z.string().min(1),
  type: z.literal('function'),
  function: z.strictObject({ name: z.string(), arguments: z.string() }),
});
const textContent = z.union([
  z.string(),
  z.array(z.looseObject({ type: z.literal('text'), text: z.string() })).min(1),
]);
const name = z.string().optional();
const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.enum(['system', 'developer', 'user']), content: textContent, name }),
  z.strictObject({
    role: z.literal('assistant'),
    content: textContent.nullish(),
    name,
    tool_calls: z.array(toolCall).min(1).optional(),
  }),
  z.strictObject({ role: z.literal('tool'), content: textContent, tool_call_id: z.string().min(1), name }),
]);
const tool = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({
    name: z.string(),
    description: z.string().optional(),
    parameters: z.unknown().optional(),
    strict: z.boolean().nullish(),
  }),
});
const chatRequest = z.strictObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  tools: z.array(tool).min(1).max(128).optional(),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.strictObject({ type: z.literal('function'), function: z.object({ name: z.string() }) }),
    ])
    .optional(),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_usage: z.boolean().optional() }).nullish(),
  parallel_tool_calls: z.boolean().optional(),
  temperature: z.number().min(0).max(2).nullish(),
  max_completion_tokens: z.int().positive().nullish(),
  n: z.literal(1).nullish(),
});

/** A request that OpenAI would take. */
export type ChatRequest = z.output<typeof chatRequest>;

/** One message of a request. */
export type ChatMessage = ChatRequest['messages'][number];

/** Why a request is refused, as OpenAI words it. */
export class BadRequestError extends Error {
  override readonly name = 'BadRequestError';
}

/**
 * Checks a request: its members, the order of tool calls and tool messages, tool names, and the schemas of tools.
 *
 * @throws {@link BadRequestError}
 */
export function parseChatRequest(body: unknown): ChatRequest {
  const parsed = chatRequest.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new BadRequestError(
      `Invalid request at '${issue?.path.join('.') ?? ''}': ${issue?.message ?? ''}.`,
    );
  }
  const { messages, tools = [], tool_choice: choice } = parsed.data;
  const names = tools.map((one) => one.function.name);
  requireNames(names);
  for (const one of tools) requireObjectSchema(one.function.parameters, one.function.name);
  if (choice !== undefined && names.length === 0) throw new BadRequestError("'tool_choice' needs 'tools'.");
  if (typeof choice === 'object') requireKnown(choice.function.name, names);
  requireAnsweredCalls(messages, names);
  return parsed.data;
}

function requireNames(names: readonly string[]): void {
  for (const [index, one] of names.entries()) {
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(one)) throw new BadRequestError(`Invalid tool name '${one}'.`);
    if (names.indexOf(one) !== index) throw new BadRequestError(`Tool names must be unique: '${one}'.`);
  }
}

function requireKnown(called: string, names: readonly string[]): void {
  if (!names.includes(called)) throw new BadRequestError(`Tool '${called}' is not among 'tools'.`);
}

/** Every call is answered at once, each answer answers a call, and no call is answered twice. */
function requireAnsweredCalls(messages: readonly ChatMessage[], names: readonly string[]): void {
  let open = new Set<string>();
  for (const [index, one] of messages.entries()) {
    if (one.role === 'tool') {
      if (open.delete(one.tool_call_id)) continue;
      throw new BadRequestError(
        `messages.[${String(index)}]: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.`,
      );
    }
    requireNoneOpen(open);
    if (one.role !== 'assistant') continue;
    const calls = one.tool_calls ?? [];
    if (calls.length === 0 && (one.content === null || one.content === undefined)) {
      throw new BadRequestError(
        `messages.[${String(index)}]: an assistant message needs content or tool_calls.`,
      );
    }
    for (const call of calls) requireKnown(call.function.name, names);
    open = new Set(calls.map(({ id }) => id));
    if (open.size !== calls.length) throw new BadRequestError('The ids of tool_calls must be unique.');
  }
  requireNoneOpen(open);
}

function requireNoneOpen(open: ReadonlySet<string>): void {
  if (open.size === 0) return;
  throw new BadRequestError(
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
      `The following tool_call_ids did not have response messages: ${[...open].join(', ')}`,
  );
}

const jsonTypes = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];

function requireObjectSchema(schema: unknown, tool: string): void {
  if (schema === undefined) return;
  const refuse = (why: string): never => {
    throw new BadRequestError(`Invalid schema for function '${tool}': ${why}.`);
  };
  if (!isObject(schema) || schema['type'] !== 'object')
    refuse('schema must be a JSON Schema of "type": "object"');
  requireSchema(schema, refuse);
}

function requireSchema(schema: unknown, refuse: (why: string) => never): void {
  if (typeof schema === 'boolean') return;
  if (!isObject(schema)) return refuse(`${JSON.stringify(schema)} is not a schema`);
  for (const type of [schema['type'] ?? []].flat()) {
    if (typeof type !== 'string' || !jsonTypes.includes(type))
      refuse(`${JSON.stringify(type)} is not a type`);
  }
  if (schema['type'] === 'array' && schema['items'] === undefined) refuse('array schema missing items');
  requireKeywords(schema, refuse);
  const {
    properties = {},
    $defs = {},
    anyOf = [],
    oneOf = [],
    allOf = [],
    items,
    additionalProperties,
  } = schema;
  if (!isObject(properties) || !isObject($defs)) return refuse('properties must be an object of schemas');
  const inner = [
    ...Object.values(properties),
    ...Object.values($defs),
    anyOf,
    oneOf,
    allOf,
    items ?? [],
  ].flat();
  for (const part of [...inner, additionalProperties ?? true]) requireSchema(part, refuse);
}

function requireKeywords(schema: Record<string, unknown>, refuse: (why: string) => never): void {
  const { required = [], pattern, enum: values } = schema;
  if (!Array.isArray(required) || required.some((one) => typeof one !== 'string'))
    refuse('required must list names');
  if (pattern !== undefined && (typeof pattern !== 'string' || !isPattern(pattern)))
    refuse('pattern must be a regex');
  if (values !== undefined && (!Array.isArray(values) || values.length === 0))
    refuse('enum must list values');
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
