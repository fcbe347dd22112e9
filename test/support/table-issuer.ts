/** The issuer behind the tables of tokens: keys of every kind, and tokens that differ from a good one in one thing. */
import type { ForgingKey } from '../../src/testing/forge-token.js';
import { createForgingKey, forgeToken } from '../../src/testing/forge-token.js';

type Members = Readonly<Record<string, unknown>>;

/** The one audience that every door of the tables asks for. */
export const doorAudience = 'https://doors.example/mcp';

/** Issues what a table asks for. */
export interface TableIssuer {
  readonly issuer: string;
  /** Public keys, among them ones that must not verify: RSA of 1 024 bits, a P-384 key, two of one `kid`. */
  readonly jwks: { readonly keys: readonly Members[] };
  readonly keys: Readonly<Record<KeyName, ForgingKey>>;
  /** The time of its clock, in whole seconds. */
  now(): number;
  /** A good token with these header members and claims in the place of the usual ones; undefined leaves one out. */
  token(differences?: Differences): string;
  /** Header and claims of a good token as JSON, changed as text and signed: for JSON that no serializer writes. */
  tokenOfText(change: { readonly header?: TextChange; readonly claims?: TextChange }): string;
  /** The three parts of a good token. */
  parts(): readonly [header: string, claims: string, signature: string];
}

/** How a token differs from a good one. */
export interface Differences {
  readonly header?: Members;
  readonly claims?: Members;
  /** Who signs; the issuer’s own ES256 key when left out. */
  readonly signer?: ForgingKey;
}

/** Every key that the issuer has, and `stranger`, which is nobody’s. */
export type KeyName =
  | 'ES256'
  | 'ES384'
  | 'RS256'
  | 'PS256'
  | 'EdDSA'
  | 'weak'
  | 'p384'
  | 'undeclared'
  | 'twin'
  | 'elderTwin'
  | 'stranger';

type TextChange = (json: string) => string;

const same: TextChange = (json) => json;

/** Creates the issuer with fresh keys. */
export function createTableIssuer(clock: () => number = Date.now): TableIssuer {
  const issuer = 'https://id.example';
  const keys = createKeys();
  const { weak, stranger, undeclared, p384, ...own } = keys;
  const published = [...Object.values(own), weak].map(({ jwk }) => jwk);
  const open = [undeclared, p384].map(({ jwk }) => ({ ...jwk, alg: undefined }));
  let serial = 0;

  const now = (): number => Math.floor(clock() / 1_000);
  const header = { alg: 'ES256', kid: 'ES256', typ: 'at+jwt' };
  const claims = (): Members => ({
    iss: issuer,
    sub: 'alice',
    org: 'acme',
    scope: 'platform',
    aud: [doorAudience],
    iat: now() - 10,
    exp: now() + 600,
    jti: `table-${String((serial += 1))}`,
    client_id: 'tables',
  });
  const token: TableIssuer['token'] = (differences = {}) => {
    const { signer = keys.ES256 } = differences;
    return forgeToken(signer, { ...header, ...differences.header }, { ...claims(), ...differences.claims });
  };
  return {
    issuer,
    keys,
    jwks: { keys: [...published, ...open] },
    now,
    token,
    tokenOfText: (change) => {
      const [changeHeader, changeClaims] = [change.header ?? same, change.claims ?? same];
      return forgeToken(
        keys.ES256,
        changeHeader(JSON.stringify(header)),
        changeClaims(JSON.stringify(claims())),
      );
    },
    parts: () => {
      const [head = '', body = '', signature = ''] = token().split('.');
      return [head, body, signature];
    },
  };
}

function createKeys(): Record<KeyName, ForgingKey> {
  return {
    ES256: createForgingKey('ES256'),
    ES384: createForgingKey('ES384'),
    RS256: createForgingKey('RS256'),
    PS256: createForgingKey('PS256'),
    EdDSA: createForgingKey('EdDSA'),
    weak: createForgingKey('RS256', 'weak', 1_024),
    // Signs with SHA-256, as a token of alg ES256 demands, over the wrong curve.
    p384: { ...createForgingKey('ES384', 'p384'), alg: 'ES256' },
    undeclared: createForgingKey('RS256', 'undeclared'),
    twin: createForgingKey('ES256', 'twin'),
    elderTwin: createForgingKey('ES256', 'twin'),
    stranger: createForgingKey('ES256', 'ES256'),
  };
}
