import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { authorityKey } from '../../src/auth/principal.js';
import { createTokenVerifier } from '../../src/auth/token-verifier.js';
import type { VerificationKeys } from '../../src/auth/verification-keys.js';
import { createRunAdmission, leastLifeSeconds } from '../../src/runtime/run-admission.js';
import { createSharedCredentials } from '../../src/runtime/shared-credentials.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

function create() {
  let nowMs = 1_000_000_000;
  const clock = () => nowMs;
  const { issuer, keys, token } = createTokenIssuer(['agent'], clock);
  const credentials = createSharedCredentials(clock);
  let held: VerificationKeys = keys;
  const verifier = createTokenVerifier({
    ...{ issuer, audience: 'agent', clock },
    keys: (header, input) => held(header, input),
  });
  return {
    credentials,
    admission: createRunAdmission(verifier, credentials, clock),
    token: (subject: string, claims?: Readonly<Record<string, unknown>>) =>
      toBearerToken(token(subject, claims)),
    replaceKeys: () => {
      held = createTokenIssuer(['agent'], clock).keys;
    },
    wait: (seconds: number) => {
      nowMs += seconds * 1000;
    },
  };
}

describe('createRunAdmission', () => {
  it('lets a run begin with the least life, and not with a second less', async () => {
    const { admission, token, wait } = create();
    const enough = token('alice');
    const tooShort = token('alice');

    wait(600 - leastLifeSeconds);
    await expect(admission.verify(enough)).resolves.toMatchObject({ subject: 'alice' });
    wait(1);

    await expect(admission.verify(tooShort)).rejects.toMatchObject({ reason: 'expired' });
    expect(admission.knownPrincipal(tooShort)).toBeUndefined();
  });

  it('lets a run go on to the last second of its token, without the tolerance for clocks', async () => {
    const { admission, token, wait } = create();
    const own = token('alice');
    await admission.verify(own);

    wait(599);
    await expect(admission.verify(own)).resolves.toMatchObject({ subject: 'alice' });
    wait(1);

    await expect(admission.verify(own)).rejects.toMatchObject({ reason: 'expired' });
    expect(admission.knownPrincipal(own)).toMatchObject({ subject: 'alice' });
  });

  it('lets it go on beyond that while a newer token of its authority is held, and of no other', async () => {
    const { admission, credentials, token, wait } = create();
    const own = token('alice');
    const principal = await admission.verify(own);
    credentials.hold(authorityKey(principal), own, principal);
    const bobs = token('bob', { exp: 1_009_000 });
    const bob = await admission.verify(bobs);
    credentials.hold(authorityKey(bob), bobs, bob);
    wait(600);
    await expect(admission.verify(own)).rejects.toMatchObject({ reason: 'expired' });

    await admission.verify(token('alice'));

    await expect(admission.verify(own)).resolves.toMatchObject({ subject: 'alice' });
  });

  it('looks at the keys again at a step that comes a second later, and at none before', async () => {
    const { admission, token, wait, replaceKeys } = create();
    const own = token('alice');
    await admission.verify(own);
    replaceKeys();

    wait(0.9);
    await expect(admission.verify(own)).resolves.toMatchObject({ subject: 'alice' });
    wait(0.1);

    await expect(admission.verify(own)).rejects.toMatchObject({ reason: 'signature' });
  });

  it('ends with the token, also where its keys were looked at a moment before', async () => {
    const { admission, token, wait } = create();
    const own = token('alice');
    await admission.verify(own);
    wait(599.5);
    await expect(admission.verify(own)).resolves.toMatchObject({ subject: 'alice' });
    wait(0.6);

    await expect(admission.verify(own)).rejects.toMatchObject({ reason: 'expired' });
  });

  it('looks at them at once when its clock was set back', async () => {
    const { admission, token, wait, replaceKeys } = create();
    const own = token('alice');
    await admission.verify(own);
    replaceKeys();

    wait(-0.1);

    await expect(admission.verify(own)).rejects.toMatchObject({ reason: 'signature' });
  });

  it('does not take the text of a known token for the run that brought it', async () => {
    const { admission, credentials, token, wait } = create();
    const own = token('alice');
    const principal = await admission.verify(own);
    credentials.hold(authorityKey(principal), own, principal);
    wait(600);
    await admission.verify(token('alice'));

    const copy = toBearerToken(own.reveal());

    await expect(admission.verify(copy)).rejects.toMatchObject({ reason: 'expired' });
    expect(admission.knownPrincipal(copy)).toBeUndefined();
  });
});
