import { describe, expect, it } from 'vitest';
import { awsRdsInstanceDraft } from '../../../src/contracts/aws-rds-instance.js';
import { createStandIn, fullRequest } from './support/stand-in-platform.js';

const given = 'You create databases.\nOrganization: acme\nEnvironment: dev';

describe('a request that leaves nothing open', () => {
  it('is created after one look at each thing, with a spec that the contract accepts', async () => {
    const { ask, calls } = createStandIn();

    const answer = await ask(fullRequest);

    expect(calls.map(({ name }) => name)).toEqual([
      'list_organizations',
      'list_environments_for_org',
      'get_cloud_resource_schema',
      'search_cloud_resources',
      'create_cloud_resource',
    ]);
    expect(calls.at(-1)?.args).toEqual({
      cloud_resource_kind: 'AwsRdsInstance',
      org_id: 'acme',
      env_name: 'dev',
      resource_name: 'orders-db',
      spec: {
        engine: 'postgres',
        engine_version: '16.4',
        instance_class: 'db.t3.small',
        allocated_storage_gb: 20,
        username: 'app_admin',
        subnet_ids: ['subnet-a1', 'subnet-b2'],
        publicly_accessible: false,
        multi_az: false,
        storage_encrypted: true,
      },
    });
    expect(awsRdsInstanceDraft.safeParse(calls.at(-1)?.args['spec']).success).toBe(true);
    expect(answer).toContain('orders-db is recorded in acme/dev. Its id is res_1 and its state is pending.');
    expect(answer).toContain('POST http://127.0.0.1:8090/resources/res_1/credentials');
  });

  it('names beside the call every field and what cannot be undone', async () => {
    const { ask, agent, config } = createStandIn();

    await ask(fullRequest.replace('in dev', 'in prod'));

    const { values } = await agent.graph.getState(config);
    const messages = (values as { messages: { text: string; tool_calls?: { name: string }[] }[] }).messages;
    const asking = messages.find((message) => message.tool_calls?.[0]?.name === 'create_cloud_resource');
    expect(asking?.text).toMatch(
      /subnet-a1 and subnet-b2.*costs money.*never shrink.*encryption cannot.*doubles the price/,
    );
  });

  it('leaves out what the platform’s schema keeps to itself or does not know', async () => {
    const properties = { engine: {}, engine_version: {}, username: { writeOnly: true }, subnet_ids: {} };
    const { ask, called } = createStandIn({
      replies: {
        get_cloud_resource_schema: () => ({ value: { kind: 'AwsRdsInstance', schema: { properties } } }),
      },
    });

    await ask(fullRequest);

    expect(Object.keys(called('create_cloud_resource')[0]?.args['spec'] ?? {})).toEqual([
      'engine',
      'engine_version',
      'subnet_ids',
    ]);
  });

  it('is not looked up where the run was given organization and environment', async () => {
    const { ask, calls } = createStandIn({ system: given });

    await ask(fullRequest.replace(' in dev', ''));

    expect(calls.map(({ name }) => name)).not.toContain('list_organizations');
    expect(calls.map(({ name }) => name)).not.toContain('list_environments_for_org');
    expect(calls.at(-1)?.args).toMatchObject({ org_id: 'acme', env_name: 'dev' });
  });
});

describe('a request with gaps', () => {
  it('may be a list of bare values', async () => {
    const { ask, called } = createStandIn();

    await ask('postgres 16, dev, db.t3.small, 20GB, subnet-a1, subnet-b2, private, orders-db');

    expect(called('create_cloud_resource')[0]?.args['resource_name']).toBe('orders-db');
  });

  it('is met by one message that asks for what has no proposal and proposes the rest', async () => {
    const { ask, called } = createStandIn();

    const question = await ask('I need a database called orders-db in dev');

    expect(question).toMatch(/engine: postgres, mysql/);
    expect(question).toMatch(/subnets: at least two/);
    expect(question).toMatch(/instance class: db\.t3\.small/);
    expect(question).toMatch(/storage: 20 GB/);
    expect(question).not.toMatch(/^- name/m);
    expect(called('create_cloud_resource')).toEqual([]);
  });

  it.each([
    ['dev', 'db.t3.small', 20, false],
    ['staging', 'db.t3.small', 20, false],
    ['prod', 'db.m5.large', 100, true],
  ])('takes the proposals for %s on "yes"', async (environment, size, storage, multiAz) => {
    const { ask, called } = createStandIn();
    await ask(`postgres database in ${environment}, subnet-a1 and subnet-b2`);

    await ask('yes');

    expect(called('create_cloud_resource')[0]?.args['spec']).toMatchObject({
      engine_version: '16.4',
      instance_class: size,
      allocated_storage_gb: storage,
      multi_az: multiAz,
      publicly_accessible: false,
    });
  });

  it.each([
    ['the defaults are fine, subnet-a1 and subnet-b2'],
    ['subnet-a1 and subnet-b2'],
    ['1. subnet-a1\n2. subnet-b2'],
    ['use the subnet group main-db, go ahead'],
  ])('goes on when %j answers what has no proposal', async (answer) => {
    const { ask, called } = createStandIn();
    await ask('Create a mysql instance called orders-db in dev');

    await ask(answer);

    expect(called('create_cloud_resource')).toHaveLength(1);
  });

  it('understands bare values in the order in which they come', async () => {
    const { ask, called } = createStandIn({ organizations: ['acme', 'globex'] });
    await ask('I want a mysql');

    await ask('globex, staging, 8.0.36, db.t3.large, 50, subnet-a1 and subnet-b2, private, pay-db');

    expect(called('create_cloud_resource')[0]?.args).toMatchObject({
      org_id: 'globex',
      env_name: 'staging',
      resource_name: 'pay-db',
      spec: { engine_version: '8.0.36', instance_class: 'db.t3.large', allocated_storage_gb: 50 },
    });
  });

  it('adds a second subnet to a lonely one', async () => {
    const { ask, called } = createStandIn();
    await ask('Create a mysql called orders-db in dev in subnet-a1');

    expect(await ask('ok')).toContain('a second subnet id beside subnet-a1');
    await ask('subnet-b2');

    expect(called('create_cloud_resource')[0]?.args['spec']).toMatchObject({
      subnet_ids: ['subnet-a1', 'subnet-b2'],
    });
  });

  it('reads no value out of a question', async () => {
    const { ask, called } = createStandIn();
    await ask('Create a postgres called orders-db in dev');
    await ask('what is multi-AZ?');

    await ask('subnet-a1 and subnet-b2');

    expect(called('create_cloud_resource')[0]?.args['spec']).toMatchObject({ multi_az: false });
  });

  it('lets the last word hold', async () => {
    const { ask, called } = createStandIn();
    await ask('Create a postgres 16 called orders-db in dev, 20 GB');
    await ask('make it 50 GB and mysql instead');
    await ask('name it billing, use db.m5.large, in staging');

    await ask('subnet-a1 and subnet-b2');

    expect(called('create_cloud_resource')[0]?.args).toMatchObject({
      env_name: 'staging',
      resource_name: 'billing',
      spec: {
        engine: 'mysql',
        engine_version: '8.0.39',
        allocated_storage_gb: 50,
        instance_class: 'db.m5.large',
      },
    });
  });

  it('proposes the same name whenever the same thread is read', async () => {
    const [first, second] = [createStandIn(), createStandIn()];
    const request = 'Create a postgres in dev, subnet-a1 and subnet-b2';

    const [a, b] = [await first.ask(request), await second.ask(request)];

    expect(a).toMatch(/- name: postgres-dev-[0-9a-f]{4}\n/);
    expect(a).toBe(b);
  });
});

describe('a name', () => {
  it('that is taken is told with its id and state, and another one is asked for', async () => {
    const { ask, store, called } = createStandIn();
    store({ resource_name: 'orders-db', org_id: 'acme', env_name: 'dev', spec: {} });

    const answer = await ask(fullRequest);

    expect(answer).toContain(
      'orders-db is taken in acme/dev: an instance with the id res_1 has it, state pending',
    );
    expect(called('create_cloud_resource')).toEqual([]);
    await ask('billing');
    expect(called('create_cloud_resource')[0]?.args).toMatchObject({ resource_name: 'billing' });
  });

  it('that only resembles another is free', async () => {
    const { ask, store, called } = createStandIn();
    store({ resource_name: 'orders-db-2', org_id: 'acme', env_name: 'dev', spec: {} });

    await ask(fullRequest);

    expect(called('create_cloud_resource')).toHaveLength(1);
  });

  it('that the platform calls taken is asked for anew', async () => {
    const { ask, called } = createStandIn({
      replies: { create_cloud_resource: (_, call) => (call === 1 ? { outcome: 'conflict' } : undefined) },
    });

    expect(await ask(fullRequest)).toContain('Which other name');
    await ask('call it pay-db');

    expect(called('create_cloud_resource').map(({ args }) => args['resource_name'])).toEqual([
      'orders-db',
      'pay-db',
    ]);
  });
});

describe('a user who is not offered a tool', () => {
  it('is told so for the creation, and what is left', async () => {
    const { ask, calls } = createStandIn({ offered: ['list_organizations', 'search_cloud_resources'] });

    const answer = await ask(fullRequest);

    expect(answer).toContain('create_cloud_resource is not offered to you');
    expect(answer).toContain('administrator');
    expect(answer).toContain('search resources');
    expect(calls).toEqual([]);
    expect(await ask('list my resources')).toContain('I found no resources');
  });

  it('creates without the tools that only look', async () => {
    const { ask, called } = createStandIn({ offered: ['create_cloud_resource'] });

    await ask(`${fullRequest} Organization acme.`);

    expect(called('create_cloud_resource')[0]?.args).toMatchObject({ org_id: 'acme', env_name: 'dev' });
  });
});

describe('a failed look', () => {
  it.each([
    'list_organizations',
    'list_environments_for_org',
    'get_cloud_resource_schema',
    'search_cloud_resources',
  ] as const)('of %s ends the turn without a create', async (toolName) => {
    const { ask, called } = createStandIn({ replies: { [toolName]: () => ({ outcome: 'unavailable' }) } });

    const answer = await ask(fullRequest);

    expect(answer).toMatch(/^I could not .*cannot be reached/);
    expect(called(toolName)).toHaveLength(1);
    expect(called('create_cloud_resource')).toEqual([]);
  });

  it('is taken again when the person says so', async () => {
    const { ask, called } = createStandIn({
      replies: { list_organizations: (_, call) => (call === 1 ? { outcome: 'unavailable' } : undefined) },
    });
    await ask(fullRequest);

    await ask('try again');

    expect(called('create_cloud_resource')).toHaveLength(1);
  });
});
