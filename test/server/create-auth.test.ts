import { MemorySaver } from '@langchain/langgraph';
import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import type { Principal } from '../../src/auth/principal.js';
import type { TokenVerifier } from '../../src/auth/token-verifier.js';
import { KeysUnavailableError, TokenInvalidError } from '../../src/errors.js';
import { silentLogger } from '../../src/logger.js';
import type { ServerAuthOptions } from '../../src/server/create-auth.js';
import { createAuth } from '../../src/server/create-auth.js';
import { createRequestRules } from '../../src/server/request-rules.js';
import { createRunTokens } from '../../src/server/run-tokens.js';

const alice: Principal = {
  issuer: 'https://id.example',
  subject: 'alice',
  organization: 'acme',
  scopes: ['platform'],
  audiences: ['graph-fleet'],
  expiresAt: 4_000_000_000,
  tokenId: 'one',
};

const accepting: TokenVerifier = { verify: async () => alice };
const refusing = (error: Error): TokenVerifier => ({
  verify: async () => {
    throw error;
  },
});

type Authenticate = (request: Request) => Promise<{ identity: string; permissions: string[] }>;

function createAuthenticate(differences: Partial<ServerAuthOptions> = {}): Authenticate {
  const auth = createAuth({
    verifier: accepting,
    runTokens: createRunTokens(),
    checkpointer: new MemorySaver(),
    rules: createRequestRules({ allowedHosts: ['agents.example'], allowedOrigins: [] }),
    studioToken: undefined,
    logger: silentLogger,
    ...differences,
  });
  // Where the LangGraph server looks for it.
  return (auth as unknown as { '~handlerCache': { authenticate: Authenticate } })['~handlerCache']
    .authenticate;
}

const request = (path: string, headers: Record<string, string> = {}): Request =>
  new Request(`http://127.0.0.1:2024${path}`, { headers: { host: '127.0.0.1:2024', ...headers } });
const signedIn = { authorization: 'Bearer aaaa.bbbb.cccc' };

describe('authenticate', () => {
  it('makes a user whose token no serializer can reach', async () => {
    const user = await createAuthenticate()(request('/threads', signedIn));

    expect(user.identity).toBe('https://id.example|alice');
    expect(JSON.stringify(user)).toBe('{"identity":"https://id.example|alice","permissions":["platform"]}');
  });

  it('answers 503 and no challenge while the keys cannot be read, since the token may be good', async () => {
    const authenticate = createAuthenticate({ verifier: refusing(new KeysUnavailableError()) });

    await expect(authenticate(request('/threads', signedIn))).rejects.toMatchObject({
      status: 503,
      headers: { 'Retry-After': '5', 'Cache-Control': 'no-store' },
    });
  });

  it('answers 401 with a challenge for a refused token, and without an error code for none', async () => {
    const authenticate = createAuthenticate({ verifier: refusing(new TokenInvalidError('signature')) });

    await expect(authenticate(request('/threads', signedIn))).rejects.toMatchObject({
      status: 401,
      headers: { 'WWW-Authenticate': expect.stringContaining('error="invalid_token"') },
    });
    await expect(authenticate(request('/threads'))).rejects.toMatchObject({
      status: 401,
      headers: { 'WWW-Authenticate': 'Bearer realm="graph-fleet"' },
    });
  });

  it('lets an unexpected error through as it is', async () => {
    const error = new RangeError('a fault of ours');

    await expect(
      createAuthenticate({ verifier: refusing(error) })(request('/threads', signedIn)),
    ).rejects.toBe(error);
  });

  it('opens no routes but GET /healthz and GET /metrics', async () => {
    const authenticate = createAuthenticate();

    expect((await authenticate(request('/healthz'))).identity).toBe('');
    expect((await authenticate(request('/metrics'))).identity).toBe('');
    for (const path of ['/ok', '/metrics/', '/mcp/status', '/healthz/', '/threads']) {
      await expect(authenticate(request(path))).rejects.toMatchObject({ status: 401 });
    }
  });

  it('refuses maintenance routes and foreign hosts before it looks at a token', async () => {
    const authenticate = createAuthenticate({ verifier: refusing(new RangeError('must not be asked')) });

    await expect(authenticate(request('/internal/truncate', signedIn))).rejects.toMatchObject({
      status: 404,
    });
    await expect(
      authenticate(request('/threads', { ...signedIn, host: 'evil.example' })),
    ).rejects.toMatchObject({
      status: 403,
    });
  });

  it('takes Studio for the development user where that is set, and only without a token of its own', async () => {
    const studio = { 'x-auth-scheme': 'langsmith', origin: 'https://smith.langchain.com' };
    const asked: string[] = [];
    const verifier: TokenVerifier = {
      verify: async (token) => {
        asked.push(token.reveal());
        return alice;
      },
    };
    const studioToken = async () => toBearerToken('studio');

    await createAuthenticate({ verifier, studioToken })(request('/threads', studio));
    await createAuthenticate({ verifier, studioToken })(request('/threads', { ...studio, ...signedIn }));

    expect(asked).toEqual(['studio', 'aaaa.bbbb.cccc']);
    await expect(createAuthenticate({ verifier })(request('/threads', studio))).rejects.toMatchObject({
      status: 401,
    });
    await expect(
      createAuthenticate({ verifier, studioToken })(
        request('/threads', { ...studio, host: 'agents.example' }),
      ),
    ).rejects.toMatchObject({ status: 401 });
  });
});
