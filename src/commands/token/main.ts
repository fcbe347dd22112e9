/** `npm run -s token -- <name>`: prints one development token on stdout, and nothing else. */
import { parseArgs } from 'node:util';
import { loadDevelopmentKeys } from '../../auth/development-keys.js';
import {
  developmentPrincipals,
  isDevelopmentPrincipalName,
  mintDevelopmentToken,
} from '../../auth/development-principals.js';
import { loadEnvFile, readSettings, type Settings } from '../../config/env.js';
import { ConfigError, InvalidArgumentError, isFleetError } from '../../errors.js';

const usage = `usage: npm run -s token -- <${Object.keys(developmentPrincipals).join('|')}> [--ttl 3600] [--audience <aud>]`;

try {
  loadEnvFile();
  process.stdout.write(`${await mintFor(process.argv.slice(2), readSettings())}\n`);
} catch (error) {
  const fault = isFleetError(error) ? error.message : 'The token could not be made; run the command again.';
  process.stderr.write(`${fault}\n`);
  process.exitCode = 2;
}

async function mintFor(words: readonly string[], settings: Settings): Promise<string> {
  const { name, ttlSeconds, audience } = readArguments(words);
  if (!isDevelopmentPrincipalName(name)) {
    throw new InvalidArgumentError([
      { path: 'name', message: `there is no such development principal; ${usage}` },
    ]);
  }
  const named = settings.authJwksUrl === undefined ? 'AUTH_JWKS_FILE' : 'AUTH_JWKS_URL';
  if (settings.authJwksUrl !== undefined || settings.authJwksFile !== undefined) {
    throw new ConfigError(
      named,
      'names other keys, so a development token would be refused; get one from your issuer.',
    );
  }
  const keys = await loadDevelopmentKeys(settings.dataDir);
  const audiences = audience === undefined ? [settings.authAudience, settings.platformAudience] : [audience];
  return mintDevelopmentToken(keys, { name, issuer: settings.authIssuer, audiences, ttlSeconds });
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
