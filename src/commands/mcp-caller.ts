/**
 * As whom `mcp:status` and `mcp:check` ask: a development principal, or whoever a token from a file or from stdin is of.
 * No token is taken from the arguments: everybody on the machine can read those.
 */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import type { BearerToken } from '../auth/bearer-token.js';
import { toBearerToken } from '../auth/bearer-token.js';
import type { Settings } from '../config/env.js';
import { ConfigError, InvalidArgumentError } from '../errors.js';
import { developmentNames, makeDevelopmentToken } from './development-token.js';

/** What was asked for. */
export interface CallerArguments {
  /** A development principal; alice, as whom Studio acts, when nobody was named. */
  readonly name: string;
  /** Where the token stands instead, `-` for stdin. */
  readonly tokenFile: string | undefined;
  /** Whether the answer is printed as JSON. */
  readonly json: boolean;
  /** How the command is called. */
  readonly usage: string;
}

/** Longest wait of a command is far below it. */
const ttlSeconds = 900;

const options = {
  json: { type: 'boolean', default: false },
  'token-file': { type: 'string' },
} as const;

/** Reads the words behind the command. @throws {@link InvalidArgumentError} with its usage. */
export function readCallerArguments(
  command: 'mcp:status' | 'mcp:check',
  words: readonly string[],
): CallerArguments {
  const usage = `usage: npm run ${command} -- [${developmentNames}] [--token-file <path>, or - for stdin] [--json]`;
  const { values, positionals } = parseWords(words, usage);
  const tokenFile = values['token-file'];
  const most = tokenFile === undefined ? 1 : 0;
  if (positionals.length > most || tokenFile === '') throw wrongWords(usage);
  return { name: positionals[0] ?? 'alice', tokenFile, json: values.json, usage };
}

function parseWords(words: readonly string[], usage: string) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true });
  } catch {
    throw wrongWords(usage);
  }
}

function wrongWords(usage: string): InvalidArgumentError {
  return new InvalidArgumentError([{ path: '', message: usage }]);
}

/**
 * Gets the caller’s token.
 *
 * @throws {@link ConfigError} when the file cannot be read or holds no token, and where development tokens are refused.
 */
export async function readCallerToken(caller: CallerArguments, settings: Settings): Promise<BearerToken> {
  const { name, tokenFile, usage } = caller;
  if (tokenFile === undefined) {
    const instead = 'give one from your issuer with --token-file.';
    return toBearerToken(await makeDevelopmentToken(settings, { name, ttlSeconds, usage, instead }));
  }
  const written = await (tokenFile === '-' ? text(process.stdin) : readFile(tokenFile, 'utf8')).catch(
    (cause: unknown) => {
      throw new ConfigError('--token-file', 'cannot be read; name a file that holds a token.', { cause });
    },
  );
  try {
    return toBearerToken(written.trim());
  } catch (cause) {
    throw new ConfigError('--token-file', 'holds no token; it holds one JWT and nothing else.', { cause });
  }
}
