/** The tokens of a sweep: one for each way in which a token can come, so that a hit tells which way it took. */
import type { Canary } from './canary.js';
import type { TestAgentServer } from './agent-server.js';

/** A token for each way in. */
export interface SweepTokens {
  readonly header: string;
  readonly inConfigurable: string;
  readonly inContext: string;
  readonly inHeaders: string;
  readonly inQuery: string;
  readonly inBrokenBody: string;
  readonly inResume: string;
  readonly resuming: string;
  readonly bob: string;
  readonly expired: string;
  readonly forged: string;
  readonly garbage: string;
}

/** Makes them; none equals another. */
export async function makeTokens(
  server: TestAgentServer,
  audiences: readonly string[],
): Promise<SweepTokens> {
  const alice = (ttlSeconds = 3600): Promise<string> => server.token('alice', { audiences, ttlSeconds });
  const clock = (): number => Date.now() - 7_200_000;
  const [header = '', payload = '', signature = ''] = (await alice()).split('.');
  return {
    header: await alice(),
    inConfigurable: await alice(),
    inContext: await alice(),
    inHeaders: await alice(),
    inQuery: await alice(),
    inBrokenBody: await alice(),
    inResume: await alice(),
    resuming: await alice(),
    bob: await server.token('bob', { audiences }),
    expired: await server.token('alice', { audiences, ttlSeconds: 60, clock }),
    forged: [header, payload, [...signature].reverse().join('')].join('.'),
    garbage: 'garbage-canary.not-base64url-0123456789.neither-is-this-0123456789',
  };
}

/** The secrets that tokens are. Every token has the same header part, so a hit in it is told as one of the first token. */
export function toCanaries(tokens: Readonly<Record<string, string>>): readonly Canary[] {
  return Object.entries(tokens)
    .reverse()
    .map(([name, text]) => ({ name: `token ${name}`, text }));
}
