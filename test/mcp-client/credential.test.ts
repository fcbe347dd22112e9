import { describe, expect, it } from 'vitest';
import type { BearerToken } from '../../src/auth/bearer-token.js';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import { callerFor } from '../support/test-platform.js';

let nowMs = 0;

function create() {
  nowMs = 0;
  return createCredential(toBearerToken('first'), principalUntil(600), () => nowMs);
}

function principalUntil(expiresAt: number) {
  return callerFor('alice', { expiresAt }).principal;
}

function textOf(token: BearerToken): string {
  return token.reveal();
}

describe('createCredential', () => {
  it('uses the token that was presented last, however long it lives', () => {
    const credential = create();

    credential.renew(toBearerToken('second'), principalUntil(300));

    expect(textOf(credential.token())).toBe('second');
    expect(credential.principal().expiresAt).toBe(300);
    credential.renew(toBearerToken('first'), principalUntil(600));
    expect(textOf(credential.token())).toBe('first');
  });

  it('goes back to one that lives when the last one has expired', () => {
    const credential = create();
    credential.renew(toBearerToken('second'), principalUntil(300));

    nowMs = 300_000;

    expect(textOf(credential.token())).toBe('first');
    nowMs = 600_000;
    expect(textOf(credential.token())).toBe('second');
  });

  it('uses another one after a refusal, and says when there is none', () => {
    const credential = create();
    const second = toBearerToken('second');
    credential.renew(second, principalUntil(600));

    expect(credential.refuse(second)).toBe(true);
    expect(textOf(credential.token())).toBe('first');
    expect(credential.refuse(toBearerToken('first'))).toBe(false);
  });

  it('does not trust a refused token again because it is presented again', () => {
    const credential = create();
    const second = toBearerToken('second');
    credential.renew(second, principalUntil(600));
    credential.refuse(second);

    credential.renew(toBearerToken('second'), principalUntil(600));

    expect(textOf(credential.token())).toBe('first');
  });

  it('holds a bounded number of tokens', () => {
    const credential = create();
    for (const name of ['b', 'c', 'd', 'e']) credential.renew(toBearerToken(name), principalUntil(600));

    for (const name of ['e', 'd', 'c']) expect(credential.refuse(toBearerToken(name))).toBe(true);

    expect(textOf(credential.token())).toBe('b');
    expect(credential.refuse(toBearerToken('b'))).toBe(false);
  });
});
