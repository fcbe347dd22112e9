import { describe, expect, it } from 'vitest';
import { toCedarRequest } from '../../src/platform/access-request.js';
import { callerFor } from '../support/test-platform.js';

const { principal } = callerFor('alice');

describe('toCedarRequest', () => {
  it('tells issuer and subject together, so that two issuers cannot meet in one user', () => {
    const subject = { principal, membership: undefined };
    const { principal: user } = toCedarRequest({
      subject,
      action: 'use',
      target: { type: 'Tool', name: 'list_organizations' },
    });
    expect(user).toEqual({ type: 'User', id: '["http://localhost/test","alice"]' });
  });

  it('speaks of the user and the target, and of nothing else', () => {
    const subject = { principal, membership: { slug: 'acme', role: 'viewer' } };
    const request = toCedarRequest({
      subject,
      action: 'create',
      kind: 'AwsVpc',
      target: { type: 'Environment', organization: 'acme', slug: 'dev' },
    });
    expect(request.entities.map(({ uid }) => uid)).toEqual([
      { type: 'User', id: '["http://localhost/test","alice"]' },
      { type: 'Environment', id: 'acme/dev' },
    ]);
    expect(request.context).toEqual({ kind: 'AwsVpc' });
  });
});
