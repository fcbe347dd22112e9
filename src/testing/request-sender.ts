/** Whose request it is, read from what it carries and not verified. */

/** What a request says of its sender. */
export interface RequestSender {
  /** Claim `sub` of the token; `nobody` without one. */
  readonly subject: string;
  /** Claim `jti` of the token. */
  readonly tokenId: string | undefined;
  /** Claim `iat` of the token, in seconds since the epoch. */
  readonly issuedAt: number | undefined;
  /** Header `Mcp-Session-Id`. */
  readonly sessionId: string | undefined;
  /** The whole Authorization header, or null. */
  readonly authorization: string | null;
}

/** Reads the sender; a token that cannot be read is nobody’s. */
export function readSender(headers: Headers | undefined): RequestSender {
  const authorization = headers?.get('authorization') ?? null;
  const { sub, jti, iat } = readClaims(authorization?.replace(/^Bearer /i, '') ?? '');
  return {
    subject: typeof sub === 'string' ? sub : 'nobody',
    tokenId: typeof jti === 'string' ? jti : undefined,
    issuedAt: typeof iat === 'number' ? iat : undefined,
    sessionId: headers?.get('mcp-session-id') ?? undefined,
    authorization,
  };
}

function readClaims(token: string): {
  readonly sub?: unknown;
  readonly jti?: unknown;
  readonly iat?: unknown;
} {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    return typeof claims === 'object' && claims !== null ? claims : {};
  } catch {
    return {};
  }
}
