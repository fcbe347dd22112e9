/** The form of mcp-servers.json, field by field, after variables are filled in. */
import { z } from 'zod';
import { findUrlFault } from '../secure-url.js';

const knownFields = { error: toFieldMessage };
const text = z.string('must be a text; give one.').min(1, 'must not be empty.');
const secureUrl = z.string('must be a text; give one.').superRefine((value, context) => {
  const fault = findUrlFault(value);
  if (fault !== undefined) context.addIssue(fault);
});
const timeoutMs = z
  .int('must be a whole number of milliseconds, 100 to 600000.')
  .min(100, 'must be at least 100 milliseconds; raise it.')
  .max(600_000, 'must be at most 600000 milliseconds; lower it.');
const texts = 'must be an object that maps names to texts; give one.';
const headerName = z.string().regex(/^[!#$%&'*+.^_`|~\dA-Za-z-]+$/, 'is no HTTP header name.');
const headerValue = z
  .string('must be a text; give one.')
  .regex(/^[\t\x20-\x7e]*$/, 'must be printable ASCII on one line.');
const variableName = z.string().regex(/^[A-Za-z_]\w*$/, 'is no name of an environment variable.');
const variableValue = z
  .string('must be a text; give one.')
  .regex(/^[^\0]*$/, 'must not hold a NUL character.');

const argument = z.string('must be a text; give one.').regex(/^[^\0]*$/, 'must not hold a NUL character.');

const none = z.strictObject({ mode: z.literal('none') }, knownFields);
const httpAuth = z.discriminatedUnion(
  'mode',
  [
    none,
    z.strictObject({ mode: z.literal('forward'), audience: text.optional() }, knownFields),
    z.strictObject(
      { mode: z.literal('headers'), headers: z.record(headerName, headerValue, texts) },
      knownFields,
    ),
    z.strictObject(
      {
        mode: z.literal('exchange'),
        tokenUrl: secureUrl,
        audience: text.optional(),
        scope: text.optional(),
        clientId: text,
        clientSecret: text.optional(),
      },
      knownFields,
    ),
  ],
  { error: 'must be forward, exchange, headers or none.' },
);
const stdioAuth = z.discriminatedUnion(
  'mode',
  [
    none,
    z.strictObject(
      { mode: z.literal('headers'), headers: z.record(variableName, variableValue, texts) },
      knownFields,
    ),
  ],
  { error: 'must be headers or none for stdio: a user’s token never reaches a child process.' },
);

const base = {
  required: z.boolean('must be true or false.').default(true),
  connectTimeoutMs: timeoutMs.default(5_000),
  callTimeoutMs: timeoutMs.default(30_000),
};
const answerBytes = z
  .int('must be a whole number of bytes, 1024 to 104857600.')
  .min(1024, 'must be at least 1024 bytes; raise it.')
  .max(104_857_600, 'must be at most 104857600 bytes; lower it.');
const remote = {
  ...base,
  url: secureUrl,
  auth: httpAuth.default({ mode: 'none' }),
};
/** Bounds of one answer; the older transport has one stream for all of them. */
const answerLimits = {
  headerTimeoutMs: timeoutMs.optional(),
  idleTimeoutMs: timeoutMs.optional(),
  maxAnswerBytes: answerBytes.optional(),
};
interface RemoteEntry {
  readonly url: string;
  readonly auth: z.infer<typeof httpAuth>;
}
/** The token service gets the user's own token, which an `exchange` server must never see. */
const tokenUrlIsAnother = z.superRefine<RemoteEntry>(({ url, auth }, context) => {
  if (auth.mode !== 'exchange' || toHref(auth.tokenUrl) !== toHref(url)) return;
  const message = 'must not be the server’s own URL; name the token service.';
  context.addIssue({ code: 'custom', path: ['auth', 'tokenUrl'], message });
});
interface ProcessEntry {
  readonly args: readonly string[];
  readonly auth: z.infer<typeof stdioAuth>;
}
/** Everybody on the machine can read a process’s arguments. */
const argumentsHoldNoSecret = z.superRefine<ProcessEntry>(({ args, auth }, context) => {
  const secrets = auth.mode === 'headers' ? Object.values(auth.headers).filter(isSecret) : [];
  for (const [index, arg] of args.entries()) {
    if (!secrets.some((secret) => arg.includes(secret)) && !jwt.test(arg)) continue;
    const message = 'must not hold a secret: others can read a process’s arguments. Put it in auth.headers.';
    context.addIssue({ code: 'custom', path: ['args', index], message });
  }
});
const jwt = /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/;
const server = z.discriminatedUnion(
  'type',
  [
    z
      .strictObject(
        {
          ...remote,
          ...answerLimits,
          type: z.literal('http'),
          fallback: z.literal('sse', 'must be sse.').optional(),
        },
        knownFields,
      )
      .check(tokenUrlIsAnother),
    z.strictObject({ ...remote, type: z.literal('sse') }, knownFields).check(tokenUrlIsAnother),
    z
      .strictObject(
        {
          ...base,
          type: z.literal('stdio'),
          command: argument.min(1, 'must not be empty.'),
          args: z.array(argument, 'must be a list of texts.').default([]),
          env: z.record(variableName, variableValue, texts).default({}),
          shared: z.boolean('must be true or false.').default(false),
          auth: stdioAuth.default({ mode: 'none' }),
        },
        knownFields,
      )
      .check(argumentsHoldNoSecret),
  ],
  { error: 'must be http, sse or stdio.' },
);
const serverName = z
  .string()
  .regex(/^[A-Za-z0-9][\w-]{0,63}$/, 'a server’s name has 1 to 64 letters, digits, "-" or "_"; rename it.');

/** The whole file. Every message stands behind the path of the field it is about. */
export const mcpServersSchema = z.strictObject(
  { mcpServers: z.record(serverName, server, 'must be an object that maps names to servers.') },
  knownFields,
);

/** One server as the file has it, with defaults. */
export type McpServerEntry = z.infer<typeof server>;

/** One spelling of a URL; what is none has an issue of its own. */
function toHref(url: string): string {
  return URL.canParse(url) ? new URL(url).href : url;
}

function toFieldMessage(issue: { readonly code?: string; readonly keys?: unknown }): string {
  if (issue.code !== 'unrecognized_keys') return 'must be an object with the documented fields.';
  return `has no field ${JSON.stringify(issue.keys)}; check the spelling or take it out.`;
}

/** Shorter values stand in arguments for themselves. */
function isSecret(value: string): boolean {
  return value.length >= 8;
}
