import { describe, expect, it } from 'vitest';
import { createStandIn, fullRequest } from './support/stand-in-platform.js';

describe('questions', () => {
  it.each([
    'what is its state?',
    'state?',
    'is it ready?',
    'status of orders-db',
    'is orders-db available yet?',
    'how is it?',
  ])('answers %j with the id and the state', async (question) => {
    const { ask, called } = createStandIn();
    await ask(fullRequest);

    expect(await ask(question)).toContain('orders-db (AwsRdsInstance in acme/dev, id res_1) is pending.');
    expect(called('get_cloud_resource_by_id')).toEqual([
      { name: 'get_cloud_resource_by_id', args: { resource_id: 'res_1' } },
    ]);
  });

  it('finds a resource by name that the thread has not seen', async () => {
    const { ask, store } = createStandIn();
    store({ resource_name: 'old-db', org_id: 'acme', env_name: 'prod', spec: {} });

    expect(await ask('what is the status of old-db?')).toContain(
      'old-db (AwsRdsInstance in acme/prod, id res_1) is pending',
    );
    expect(await ask('what is the status of no-db?')).toContain('I found no resources named no-db');
  });

  it('says that there is nothing "it" could be', async () => {
    const { ask, calls } = createStandIn();

    expect(await ask('is it ready?')).toContain('I have seen no resource');
    expect(calls).toEqual([]);
  });

  it.each([
    ['what kinds are there?', 'list_cloud_resource_kinds', 'AwsRdsInstance (aws)'],
    ['which environments are there?', 'list_environments_for_org', 'dev, staging and prod'],
    ['which organizations am I in?', 'list_organizations', 'acme'],
    ['list my resources', 'search_cloud_resources', 'I found no resources'],
    ['list my instances in dev', 'search_cloud_resources', 'I found no resources'],
    ['which fields are there?', 'get_cloud_resource_schema', 'engine_version (required)'],
  ])('answers %j from %s', async (question, toolName, part) => {
    const { ask, called } = createStandIn();

    const answer = await ask(question);

    expect(answer).toContain(part);
    expect(answer).not.toContain('password');
    expect(called(toolName)).toHaveLength(1);
  });
});
