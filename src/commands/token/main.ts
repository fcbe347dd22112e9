/** `npm run -s token -- <name>`: prints one development token on stdout, and nothing else. */
import { parseArgs } from 'node:util';
import { loadEnvFile, readSettings, type Settings } from '../../config/env.js';
import { InvalidArgumentError, isFleetError } from '../../errors.js';
import { developmentNames, makeDevelopmentToken } from '../development-token.js';

const usage = `usage: npm run -s token -- <${developmentNames}> [--ttl 3600] [--audience <aud>]`;

try {
  loadEnvFile();
  process.stdout.write(`${await mintFor(process.argv.slice(2), readSettings())}\n`);
} catch (error) {
  const fault = isFleetError(error) ? error.message : 'The token could not be made; run the command again.';
  process.stderr.write(`${fault}\n`);
  process.exitCode = 2;
}

async function mintFor(words: readonly string[], settings: Settings): Promise<string> {
  return makeDevelopmentToken(settings, {
    ...readArguments(words),
    usage,
    instead: 'get one from your issuer.',
  });
}

interface TokenArguments {
  readonly name: string;
  readonly ttlSeconds: number;
  readonly audience: string | undefined;
}

function readArguments(words: readonly string[]): TokenArguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: { ttl: { type: 'string', default: '3600' }, audience: { type: 'string' } },
    });
    const [name = '', ...rest] = positionals;
    if (rest.length > 0 || values.audience === '')
      throw new InvalidArgumentError([{ path: '', message: usage }]);
    return {
      name,
      ttlSeconds: /^\d{1,6}$/.test(values.ttl) ? Number(values.ttl) : Number.NaN,
      audience: values.audience,
    };
  } catch {
    throw new InvalidArgumentError([{ path: '', message: usage }]);
  }
}
