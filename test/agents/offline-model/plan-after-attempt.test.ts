import { describe, expect, it } from 'vitest';
import type { FailedOutcome } from '../../../src/outcomes.js';
import { createStandIn, fullRequest } from './support/stand-in-platform.js';

const failures: readonly (readonly [failure: FailedOutcome, parts: readonly string[]])[] = [
  [
    {
      outcome: 'permission-denied',
      message:
        'You may not create AwsRdsInstance in acme/dev; ask an administrator of the organization for it.',
    },
    ['You may not create AwsRdsInstance in acme/dev', 'administrator'],
  ],
  [
    { outcome: 'permission-denied' },
    ['The missing permission: create AwsRdsInstance in acme/dev', 'administrator'],
  ],
  [{ outcome: 'unauthenticated' }, ['sign in again', 'Nothing was changed']],
  [{ outcome: 'token-expired' }, ['expired', 'Nothing was changed']],
  [{ outcome: 'unavailable' }, ['cannot be reached', 'nothing was changed', 'try again']],
  [{ outcome: 'contract' }, ['administrator']],
  [
    { outcome: 'not-found', message: 'There is no environment "dev" that you may see.' },
    ['no environment "dev"', 'dev, staging and prod'],
  ],
  [
    { outcome: 'conflict', message: 'A AwsRdsInstance named "orders-db" exists already.' },
    ['exists already', 'other name'],
  ],
];

describe('a failed create', () => {
  it.each(failures)('%j ends in a clear sentence and is not repeated', async (failure, parts) => {
    const { ask, called, stored } = createStandIn({ replies: { create_cloud_resource: () => failure } });

    const answer = await ask(fullRequest);

    for (const part of parts) expect(answer).toContain(part);
    expect(called('create_cloud_resource')).toHaveLength(1);
    expect(stored).toEqual([]);
  });

  it.each(failures.filter(([{ outcome }]) => outcome !== 'conflict' && outcome !== 'not-found'))(
    '%j is not tried again for a mere "ok"',
    async (failure) => {
      const { ask, called } = createStandIn({ replies: { create_cloud_resource: () => failure } });
      await ask(fullRequest);

      expect(await ask('ok')).toMatch(/Say "try again"/);
      expect(called('create_cloud_resource')).toHaveLength(1);
      await ask('try again');
      expect(called('create_cloud_resource')).toHaveLength(2);
    },
  );

  it('names every issue with the field, what was said, the bound and a proposal, and takes the proposal on "yes"', async () => {
    const issues = [
      { path: 'spec.instance_class', message: 'An instance class begins with "db.", e.g. "db.t3.small".' },
      { path: 'spec.allocated_storage_gb', message: 'At least 20 GB; raise it.' },
    ];
    const { ask, called } = createStandIn({
      replies: {
        create_cloud_resource: (_, call) =>
          call === 1 ? { outcome: 'invalid-argument', issues } : undefined,
      },
    });

    const answer = await ask(fullRequest.replace('db.t3.small, 20 GB', 't3.large, 5 GB'));

    expect(called('create_cloud_resource')[0]?.args['spec']).toMatchObject({
      instance_class: 't3.large',
      allocated_storage_gb: 5,
    });
    expect(answer).toContain('instance class (you have t3.large): An instance class begins with "db."');
    expect(answer).toContain('storage (you have 5): At least 20 GB; raise it. Proposed instead: 20 GB.');
    await ask('yes');
    expect(called('create_cloud_resource')[1]?.args['spec']).toMatchObject({
      instance_class: 'db.t3.small',
      allocated_storage_gb: 20,
    });
  });

  it.each([
    ['30', { allocated_storage_gb: 30 }],
    ['make it 40 GB', { allocated_storage_gb: 40 }],
  ])('takes %j for the field that was refused', async (answer, spec) => {
    const issues = [{ path: 'spec.allocated_storage_gb', message: 'At least 20 GB; raise it.' }];
    const { ask, called } = createStandIn({
      replies: {
        create_cloud_resource: (_, call) =>
          call === 1 ? { outcome: 'invalid-argument', issues } : undefined,
      },
    });
    await ask(fullRequest.replace('20 GB', '5 GB'));

    await ask(answer);

    expect(called('create_cloud_resource')[1]?.args['spec']).toMatchObject(spec);
  });

  it('whose answer was lost is looked for and reported when it is there', async () => {
    const { ask, store, called } = createStandIn({
      replies: {
        create_cloud_resource: (args) => {
          store(args);
          return { outcome: 'unknown-result' };
        },
      },
    });

    const answer = await ask(fullRequest);

    expect(answer).toContain('The answer to the request was lost');
    expect(answer).toContain('it is there. orders-db (AwsRdsInstance in acme/dev, id res_1) is pending.');
    expect(called('create_cloud_resource')).toHaveLength(1);
    expect(await ask('state?')).toContain('res_1');
  });

  it('whose answer was lost is not repeated before the person says so and a look was taken', async () => {
    const { ask, store, called } = createStandIn({
      replies: { create_cloud_resource: () => ({ outcome: 'unknown-result' }) },
    });

    expect(await ask(fullRequest)).toContain('there is no instance of that name');
    store({ resource_name: 'orders-db', org_id: 'acme', env_name: 'dev', spec: {} });

    expect(await ask('try again')).toContain('it is there');
    expect(called('create_cloud_resource')).toHaveLength(1);
  });

  it('whose look failed as well says both', async () => {
    const { ask } = createStandIn({
      replies: {
        create_cloud_resource: () => ({ outcome: 'unknown-result' }),
        search_cloud_resources: (_, call) => (call === 1 ? undefined : { outcome: 'unavailable' }),
      },
    });

    expect(await ask(fullRequest)).toMatch(/was lost[\s\S]*could not look[\s\S]*cannot be reached/);
  });
});

describe('a rejected approval', () => {
  it.each([
    ['use 50 GB instead', { allocated_storage_gb: 50 }],
    ['too small, make it db.m5.large', { instance_class: 'db.m5.large' }],
    ['please make it multi-AZ', { multi_az: true }],
  ])('with the reason %j is asked for again with that change', async (message, spec) => {
    const { ask, called } = createStandIn({
      replies: {
        create_cloud_resource: (_, call) => (call === 1 ? { outcome: 'cancelled', message } : undefined),
      },
    });

    expect(await ask(fullRequest)).toContain('orders-db is recorded');

    expect(called('create_cloud_resource')).toHaveLength(2);
    expect(called('create_cloud_resource')[1]?.args['spec']).toMatchObject(spec);
  });

  it('with another name looks whether that is free', async () => {
    const { ask, called } = createStandIn({
      replies: {
        create_cloud_resource: (_, call) =>
          call === 1 ? { outcome: 'cancelled', message: 'name it billing' } : undefined,
      },
    });

    await ask(fullRequest);

    expect(called('search_cloud_resources').map(({ args }) => args['search_text'])).toEqual([
      'orders-db',
      'billing',
    ]);
    expect(called('create_cloud_resource')[1]?.args['resource_name']).toBe('billing');
  });

  it.each(['not before Monday', 'ask my boss first'])(
    'with the reason %j is acknowledged and left',
    async (message) => {
      const { ask, called } = createStandIn({
        replies: { create_cloud_resource: () => ({ outcome: 'cancelled', message }) },
      });

      expect(await ask(fullRequest)).toContain(`The answer was: "${message}"`);
      expect(called('create_cloud_resource')).toHaveLength(1);
    },
  );

  it('with a change that was there already is not asked for twice', async () => {
    const { ask, called } = createStandIn({
      replies: { create_cloud_resource: () => ({ outcome: 'cancelled', message: 'use 20 GB' }) },
    });

    expect(await ask(fullRequest)).toContain('I made exactly this request already');
    expect(called('create_cloud_resource')).toHaveLength(1);
  });

  it('with "forget it" drops the request', async () => {
    const { ask, called } = createStandIn({
      replies: { create_cloud_resource: () => ({ outcome: 'cancelled', message: 'no, forget it' }) },
    });

    expect(await ask(fullRequest)).toContain('Nothing is waiting now');
    await ask('try again');
    expect(called('create_cloud_resource')).toHaveLength(1);
  });

  it('with a password in the reason does not repeat it', async () => {
    const { ask } = createStandIn({
      replies: {
        create_cloud_resource: () => ({
          outcome: 'cancelled',
          message: 'my password is correct horse hunter2',
        }),
      },
    });

    expect(await ask(fullRequest)).not.toMatch(/hunter2|horse/);
  });
});
