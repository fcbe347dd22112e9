import { ToolMessage } from '@langchain/core/messages';
import { afterEach, describe, expect, it } from 'vitest';
import type { ScriptedCall, Step } from '../../src/testing/scripted-model.js';
import type { GenerationAgent } from '../support/generation-agent.js';
import { openGenerationAgent, standIns } from '../support/generation-agent.js';
import { olderFailure } from '../support/older-platform.js';
import type { KeptResource, StandInPlatform } from '../support/stand-in-platform.js';
import { lastToolAnswer } from '../support/test-agent.js';
import { createInput, rdsSpec } from '../support/test-platform.js';

type Generation = keyof typeof standIns;

const generations: readonly Generation[] = ['older', 'newer'];
const writeOf = { older: 'create_cloud_resource', newer: 'apply_cloud_resource' } as const;
const { password: _password, ...spec } = rdsSpec;
const create = { name: 'create_cloud_resource', args: createInput({ spec }) };
const approve = { decisions: [{ type: 'approve' }] };
const running: StandInPlatform[] = [];

async function start(generation: Generation, ...steps: readonly Step[]): Promise<GenerationAgent> {
  const platform = await standIns[generation]();
  running.push(platform);
  return openGenerationAgent(platform, [...steps, () => 'told']);
}

function kept(changes: Partial<KeptResource> = {}): KeptResource {
  const owned = { ...rdsSpec, password: 'canary-Password-of-another' };
  return {
    id: 'rds-0',
    kind: 'AwsRdsInstance',
    org: 'acme',
    env: 'dev',
    name: 'orders',
    spec: owned,
    ...changes,
  };
}

function writes({ platform }: GenerationAgent, generation: Generation): readonly unknown[] {
  return platform.calls.filter(({ tool }) => tool === writeOf[generation]);
}

/** Reads one tool through the agent; gives what the model is told. */
async function ask(agent: GenerationAgent): Promise<unknown> {
  return lastToolAnswer((await agent.thread.say('look')).messages);
}

const read = (name: string, args: Record<string, unknown> = {}): ScriptedCall[] => [{ name, args }];
const search = (args: Record<string, unknown> = {}) =>
  read('search_cloud_resources', { org_id: 'acme', ...args });

afterEach(async () => {
  await Promise.all(running.splice(0).map((platform) => platform.close()));
});

describe.each(generations)('the RDS agent on the %s generation', (generation) => {
  it('looks around, asks with every field, creates, and tells of it later, as on the present one', async () => {
    const looks = [
      { name: 'list_organizations', args: {} },
      { name: 'list_environments_for_org', args: { org_id: 'acme' } },
      { name: 'get_cloud_resource_schema', args: { cloud_resource_kind: 'aws_rds_instance' } },
      { name: 'search_cloud_resources', args: { org_id: 'acme', search_text: 'orders' } },
    ];
    const later = read('get_cloud_resource_by_id', { resource_id: 'rds-1' });
    const agent = await start(generation, looks, [create], 'made', later);

    const asked = await agent.thread.say('create orders');
    const answers = asked.messages.flatMap((message) =>
      ToolMessage.isInstance(message) ? [JSON.parse(message.text) as unknown] : [],
    );
    expect(answers[0]).toEqual([{ id: 'org-1', slug: 'acme', name: 'Acme' }]);
    expect(answers[1]).toMatchObject([{ slug: 'dev' }, { slug: 'prod' }]);
    expect(answers[2]).toMatchObject({
      kind: 'AwsRdsInstance',
      schema: { properties: { engine: { type: 'string' } } },
    });
    expect(answers[3]).toEqual([]);
    expect(asked.__interrupt__?.[0]?.value.actionRequests[0]?.args).toEqual(create.args);
    expect(agent.platform.resources).toEqual([]);

    const made = await agent.thread.resume(approve);
    expect(lastToolAnswer(made.messages)).toMatchObject({
      id: 'rds-1',
      name: 'orders',
      cloud_resource_kind: 'AwsRdsInstance',
      env: 'dev',
      spec,
    });
    const told = await agent.thread.say('how is it?');
    expect(lastToolAnswer(told.messages)).toMatchObject({ id: 'rds-1', name: 'orders', spec });
    expect(agent.platform.calls.every(({ subject }) => subject === 'alice')).toBe(true);
    expect(writes(agent, generation)).toHaveLength(1);
  });

  it('shows the model its own tools, whatever the platform calls them', async () => {
    const agent = await start(generation, 'hello');

    await agent.thread.say('hello');

    const tools = agent.model.shown[0]?.tools ?? [];
    expect(tools.map(({ name }) => name).sort()).toEqual([
      'create_cloud_resource',
      'get_cloud_resource_by_id',
      'get_cloud_resource_schema',
      'list_cloud_resource_kinds',
      'list_environments_for_org',
      'list_organizations',
      'search_cloud_resources',
    ]);
    expect(tools.find(({ name }) => name === 'create_cloud_resource')?.description).toMatch(/AwsRdsInstance/);
  });

  it('leaves the write out where it is not offered to this person', async () => {
    const agent = await start(generation, 'hello');
    agent.platform.hide(writeOf[generation]);

    await agent.thread.say('hello');

    const names = agent.model.shown[0]?.tools.map(({ name }) => name);
    expect(names).not.toContain('create_cloud_resource');
    expect(names).toContain('search_cloud_resources');
  });

  it('puts the password in its place and shows it to nobody, though the platform gives it back', async () => {
    const agent = await start(
      generation,
      [create],
      'made',
      read('get_cloud_resource_by_id', { resource_id: 'rds-1' }),
      'read',
      read('get_cloud_resource_schema', { cloud_resource_kind: 'AwsRdsInstance' }),
    );

    const states = [
      await agent.thread.say('create orders'),
      await agent.thread.resume(approve),
      await agent.thread.say('how is it?'),
      await agent.thread.say('which fields?'),
    ];

    const password = agent.platform.resources[0]?.spec['password'];
    expect(password).toMatch(/^[A-Za-z0-9_-]{30}$/);
    for (const shown of [JSON.stringify([states, agent.model.shown]), agent.kept(), agent.lines.join('\n')])
      expect(shown).not.toContain(password);
    expect(JSON.stringify(lastToolAnswer(states[3]?.messages ?? []))).not.toContain('password');
  });

  it('sends every default that the person approved: the platform’s own differ', async () => {
    const agent = await start(generation, [create]);

    const asked = await agent.thread.say('create orders');
    await agent.thread.resume(approve);

    expect(asked.__interrupt__?.[0]?.value.actionRequests[0]?.description).toContain(
      '- storage_encrypted: true',
    );
    expect(agent.platform.resources[0]?.spec).toMatchObject({
      storage_encrypted: true,
      publicly_accessible: false,
      multi_az: false,
    });
  });

  it('leaves the description out of the call and says so where it is approved', async () => {
    const described = { ...create, args: { ...create.args, description: 'for orders', tags: ['team-a'] } };
    const agent = await start(generation, [described]);

    const asked = await agent.thread.say('create orders');
    const done = await agent.thread.resume(approve);

    const text = asked.__interrupt__?.[0]?.value.actionRequests[0]?.description;
    expect(text).toContain('- description: "left out: this platform keeps none"');
    expect(text).toContain('- password: made when the call leaves; this platform keeps it in the spec');
    expect(lastToolAnswer(done.messages)).toMatchObject({ id: 'rds-1' });
    expect(agent.platform.resources[0]).toMatchObject({ tags: ['team-a'] });
    expect(agent.platform.resources[0]?.spec).not.toHaveProperty('description');
  });

  it('refuses a taken name before anybody is asked', async () => {
    const agent = await start(generation, [create]);
    agent.platform.resources.push(kept());

    const state = await agent.thread.say('create orders');

    expect(state.__interrupt__).toBeUndefined();
    expect(lastToolAnswer(state.messages)).toMatchObject({
      outcome: 'conflict',
      message: 'The name "orders" is taken in dev: rds-0 exists. Choose another name.',
    });
    expect(writes(agent, generation)).toEqual([]);
  });

  it('changes nothing when the name was taken while the person decided', async () => {
    const agent = await start(generation, [create]);
    await agent.thread.say('create orders');
    agent.platform.resources.push(kept());

    const { messages } = await agent.thread.resume(approve);

    expect(lastToolAnswer(messages)['outcome']).toBe('conflict');
    expect(agent.platform.resources).toEqual([kept()]);
  });

  it('refuses a search for a kind that does not exist, and searches for nothing', async () => {
    const agent = await start(
      generation,
      search({ cloud_resource_kinds: ['AwsRdsInstance', 'AwsRdsInstanze'] }),
    );
    agent.platform.resources.push(kept({ kind: 'AwsS3Bucket' }));

    expect(await ask(agent)).toMatchObject({
      outcome: 'invalid-argument',
      issues: [
        { path: 'cloud_resource_kinds.1', message: expect.stringContaining('AwsRdsInstanze') as unknown },
      ],
    });
    const searches = agent.platform.calls.filter(({ tool }) => /search|list_cloud_resources/.test(tool));
    expect(searches).toEqual([]);
  });

  it('finds what is of the kind and environment that were asked for', async () => {
    const agent = await start(
      generation,
      search({ cloud_resource_kinds: ['aws_rds_instance'], env_names: ['dev'] }),
    );
    agent.platform.resources.push(
      kept(),
      kept({ id: 'b', env: 'prod' }),
      kept({ id: 'c', kind: 'AwsS3Bucket' }),
    );

    expect(await ask(agent)).toEqual([
      { id: 'rds-0', name: 'orders', cloud_resource_kind: 'AwsRdsInstance', org: 'acme', env: 'dev' },
    ]);
  });

  it('lists the kinds in one order', async () => {
    const agent = await start(
      generation,
      read('list_cloud_resource_kinds'),
      'once',
      read('list_cloud_resource_kinds'),
    );

    const first = await ask(agent);

    expect(await ask(agent)).toEqual(first);
    expect(first).toMatchObject([{ kind: 'AwsRdsInstance', provider: 'aws' }, { kind: 'AwsS3Bucket' }, {}]);
  });

  it('says of an unknown kind that there is none', async () => {
    const agent = await start(
      generation,
      read('get_cloud_resource_schema', { cloud_resource_kind: 'AwsRdsInstanze' }),
    );

    expect(await ask(agent)).toMatchObject({ outcome: 'invalid-argument' });
  });
});

describe('the approval text on the newer generation', () => {
  it('says that the tool changes what exists, and what is done against it', async () => {
    const agent = await start('newer', [create]);

    const asked = await agent.thread.say('create orders');

    const text = asked.__interrupt__?.[0]?.value.actionRequests[0]?.description;
    expect(text).toContain('one tool that creates and changes');
    expect(text).toContain('nothing is sent while it is taken');
  });
});

const olderCases = [
  ['INVALID_ARGUMENT', 'invalid-argument', 'invalid-argument'],
  ['INVALID_SPEC_DATA', 'invalid-argument', 'invalid-argument'],
  ['UNAUTHENTICATED', 'unauthenticated', 'unauthenticated'],
  ['PERMISSION_DENIED', 'permission-denied', 'permission-denied'],
  ['NOT_FOUND', 'not-found', 'not-found'],
  ['AlreadyExists', 'conflict', 'conflict'],
  ['CLIENT_ERROR', 'unavailable', 'unavailable'],
  ['UNAVAILABLE', 'unavailable', 'unknown-result'],
  ['INTERNAL_ERROR', 'unavailable', 'unknown-result'],
  ['DeadlineExceeded', 'unavailable', 'unknown-result'],
  ['SOMETHING_ELSE', 'invalid-argument', 'unknown-result'],
  ['constructor', 'invalid-argument', 'unknown-result'],
] as const;

const newerCases = [
  ['Authentication failed. Check your API key.', 'unauthenticated', 'unauthenticated'],
  [
    'Permission denied for cloud resource "orders". Check your API key permissions.',
    ...twice('permission-denied'),
  ],
  ['cloud resource "orders" not found. Verify the identifiers are correct.', ...twice('not-found')],
  ['Planton server is unavailable. Ensure it is running and reachable.', 'unavailable', 'unknown-result'],
  ['Request timed out contacting the Planton server.', 'unavailable', 'unknown-result'],
  ['unexpected error: resource already exists', 'conflict', 'conflict'],
  ['unexpected error: transaction aborted', 'unavailable', 'unknown-result'],
  ['spec.instance_class: value does not match regex pattern', ...twice('invalid-argument')],
] as const;

function twice<Outcome extends string>(outcome: Outcome): readonly [Outcome, Outcome] {
  return [outcome, outcome];
}

async function failures(generation: Generation, told: string): Promise<readonly [unknown, unknown]> {
  const reader = await start(generation, read('list_environments_for_org', { org_id: 'acme' }));
  reader.platform.fail(generation === 'older' ? 'list_environments_for_org' : 'list_environments', told);
  const writer = await start(generation, [create]);
  writer.platform.fail(writeOf[generation], told);
  await writer.thread.say('create orders');
  return [await ask(reader), lastToolAnswer((await writer.thread.resume(approve)).messages)];
}

describe('failures of the older generation, which are ordinary texts', () => {
  it.each(olderCases)('%s is %s at a read and %s at a write', async (code, ofRead, ofWrite) => {
    const [ofReader, ofWriter] = await failures('older', olderFailure(code, 'its words', { org_id: 'acme' }));

    expect(ofReader).toMatchObject({ outcome: ofRead, details: 'its words' });
    expect(ofWriter).toMatchObject({ outcome: ofWrite, details: 'its words' });
  });
});

describe('failures of the newer generation, which are sentences', () => {
  it.each(newerCases)('"%s" is %s at a read and %s at a write', async (sentence, ofRead, ofWrite) => {
    const [ofReader, ofWriter] = await failures('newer', sentence);

    expect(ofReader).toMatchObject({ outcome: ofRead, details: sentence });
    expect(ofWriter).toMatchObject({ outcome: ofWrite, details: sentence });
  });
});

describe.each(generations)('an answer of the %s generation that cannot be read', (generation) => {
  const environments = { older: 'list_environments_for_org', newer: 'list_environments' } as const;

  it('is a broken contract at a read', async () => {
    const agent = await start(generation, read('list_environments_for_org', { org_id: 'acme' }));
    agent.platform.tell(environments[generation], 'done');

    expect(await ask(agent)).toMatchObject({ outcome: 'contract' });
  });

  it.each(['done', '{}', '[]', '{"metadata":{"name":"orders"}}'])(
    'says after a write that nobody knows: %s',
    async (text) => {
      const agent = await start(generation, [create]);
      agent.platform.tell(writeOf[generation], text);
      await agent.thread.say('create orders');

      const { messages } = await agent.thread.resume(approve);

      expect(lastToolAnswer(messages)['outcome']).toBe('unknown-result');
      expect(agent.platform.resources).toHaveLength(1);
    },
  );

  it('asks nobody when the look at the name cannot be read', async () => {
    const agent = await start(generation, [create]);
    agent.platform.tell(
      generation === 'older' ? 'search_cloud_resources' : 'list_cloud_resources',
      '{"a":1}',
    );

    const state = await agent.thread.say('create orders');

    expect(state.__interrupt__).toBeUndefined();
    expect(lastToolAnswer(state.messages)['outcome']).toBe('contract');
  });
});
