import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cloudResource, toolErrorBody, toolErrorCodes } from '../../src/contracts/cloud-resource-tools.js';
import { honoursIdempotencyKey, idempotencyKeyName } from '../../src/contracts/idempotency-key.js';
import { createLogger } from '../../src/logger.js';
import { createInput, rdsSpec } from '../support/test-platform.js';
import { readResult, runPlatform, type Era, type RunningPlatform } from '../support/platform-server.js';

const lines: string[] = [];
let running: RunningPlatform;

beforeAll(async () => {
  running = await runPlatform({
    platform: { logger: createLogger({ format: 'json', level: 'debug', write: (line) => lines.push(line) }) },
  });
});
afterAll(() => running.close());

const eras: Era[] = ['auto', 'legacy'];

async function call(person: string, era: Era, name: string, input?: Record<string, unknown>) {
  const client = await running.client(person, era);
  return readResult(await client.callTool({ name, ...(input === undefined ? {} : { arguments: input }) }));
}

async function failure(person: string, era: Era, name: string, input: Record<string, unknown>) {
  const { value, isError } = await call(person, era, name, input);
  expect(isError).toBe(true);
  const body = toolErrorBody.parse(value);
  expect(toolErrorCodes).toContain(body.error);
  return body;
}

describe.each(eras)('the platform over HTTP, %s era', (era) => {
  it('speaks the protocol revision of the era', async () => {
    const client = await running.client('alice', era);
    expect(client.getNegotiatedProtocolVersion()).toBe(era === 'auto' ? '2026-07-28' : '2025-11-25');
    expect(client.getServerVersion()).toMatchObject({ name: 'graph-fleet-platform' });
  });

  it('says for how long the list may be used, where the era has a word for it', async () => {
    const listed = await (await running.client('alice', era)).request({ method: 'tools/list' });

    expect(listed.ttlMs).toBe(era === 'auto' ? 60_000 : undefined);
  });

  it('lists the tools of the caller, each with a title, a description, hints and a schema', async () => {
    const { tools } = await (await running.client('alice', era)).listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      'list_organizations',
      'list_environments_for_org',
      'list_cloud_resource_kinds',
      'get_cloud_resource_schema',
      'create_cloud_resource',
      'get_cloud_resource_by_id',
      'search_cloud_resources',
    ]);
    for (const { title, description, annotations, inputSchema } of tools) {
      expect([title, description].every((text) => text !== undefined && text.length > 5)).toBe(true);
      expect(Object.keys(annotations ?? {}).sort()).toEqual([
        'destructiveHint',
        'idempotentHint',
        'openWorldHint',
        'readOnlyHint',
      ]);
      expect(inputSchema.type).toBe('object');
    }
  });

  it('does not list the creating tool to the auditor, and refuses its call', async () => {
    const { tools } = await (await running.client('dave', era)).listTools();
    expect(tools).toHaveLength(6);
    const body = await failure('dave', era, 'create_cloud_resource', createInput());
    expect(body).toEqual({
      error: 'PERMISSION_DENIED',
      message: expect.stringContaining('create_cloud_resource') as string,
    });
  });

  it('walks from the organization to a resource and back', async () => {
    const name = `orders-${era}`;
    expect(await call('alice', era, 'list_organizations')).toEqual({
      isError: false,
      value: [{ id: 'org_acme', slug: 'acme', name: 'Acme' }],
    });
    expect((await call('alice', era, 'list_environments_for_org', { org_id: 'acme' })).value).toHaveLength(3);
    expect((await call('alice', era, 'list_cloud_resource_kinds')).value).toContainEqual({
      kind: 'AwsRdsInstance',
      provider: 'aws',
      description: expect.any(String) as string,
    });
    expect(
      (await call('alice', era, 'get_cloud_resource_schema', { cloud_resource_kind: 'aws-rds-instance' }))
        .value,
    ).toMatchObject({
      kind: 'AwsRdsInstance',
      schema: { properties: { password: { writeOnly: true } } },
    });

    const created = cloudResource.parse(
      (await call('alice', era, 'create_cloud_resource', createInput({ resource_name: name }))).value,
    );
    expect(created).toMatchObject({ state: 'pending', created_by: 'alice', name });
    expect(created.credentials_url).toBe(`http://127.0.0.1:8090/resources/${created.id}/credentials`);

    const read = cloudResource.parse(
      (await call('bob', era, 'get_cloud_resource_by_id', { resource_id: created.id })).value,
    );
    expect(read.spec).toMatchObject({ engine: 'postgres' });
    expect(read).not.toHaveProperty('credentials_url');
    const found = (await call('bob', era, 'search_cloud_resources', { org_id: 'acme', search_text: name }))
      .value;
    expect(found).toMatchObject([{ id: created.id }]);
    expect(JSON.stringify([created, read, found, lines])).not.toContain(rdsSpec.password);
  });

  it('tells of each state in a notification while the call stays open', async () => {
    const client = await running.client('alice', era);
    const seen: unknown[] = [];
    const result = await client.callTool(
      { name: 'create_cloud_resource', arguments: createInput({ resource_name: `watched-${era}` }) },
      { onprogress: ({ progress, total, message }) => void seen.push([progress, total, message]) },
    );
    expect(seen).toEqual([
      [1, 3, 'pending'],
      [2, 3, 'creating'],
      [3, 3, 'available'],
    ]);
    expect(readResult(result).value).toMatchObject({ state: 'available' });
  });

  it('declares of the creating tool alone that its server honours idempotency keys', async () => {
    const { tools } = await (await running.client('alice', era)).listTools();

    const declaring = tools.filter((tool) => honoursIdempotencyKey(tool));
    expect(declaring.map(({ name }) => name)).toEqual(['create_cloud_resource']);
  });

  it('gives the first resource when a call comes again with its key', async () => {
    const client = await running.client('alice', era);
    const create = async (password: string) => {
      const call = {
        name: 'create_cloud_resource',
        arguments: createInput({ resource_name: `keyed-${era}`, spec: { ...rdsSpec, password } }),
        _meta: { [idempotencyKeyName]: `key-${era}` },
      };
      return readResult(await client.callTool(call));
    };
    const first = await create('Generated-first-1');

    expect(first.isError).toBe(false);
    const again = await create('Generated-again-2');
    expect([again.isError, cloudResource.parse(again.value).id]).toEqual([
      false,
      cloudResource.parse(first.value).id,
    ]);
  });

  it('refuses a malformed key as an invalid argument, naming it', async () => {
    const client = await running.client('alice', era);
    const arguments_ = createInput({ resource_name: `malformed-${era}` });
    const result = await client.callTool({
      name: 'create_cloud_resource',
      arguments: arguments_,
      _meta: { [idempotencyKeyName]: 7 },
    });

    expect(readResult(result)).toMatchObject({
      isError: true,
      value: { error: 'INVALID_ARGUMENT', issues: [{ path: `_meta.${idempotencyKeyName}` }] },
    });
  });

  it('ends the watch when the client cancels, and never the resource', async () => {
    const client = await running.client('alice', era);
    const stop = new AbortController();
    const name = `cancelled-${era}`;
    const call = client.callTool(
      { name: 'create_cloud_resource', arguments: createInput({ resource_name: name }) },
      { signal: stop.signal, onprogress: () => stop.abort() },
    );
    await expect(call).rejects.toThrow();
    const found = await client.callTool({
      name: 'search_cloud_resources',
      arguments: { org_id: 'acme', search_text: name },
    });
    expect(readResult(found).value).toMatchObject([{ name }]);
  });

  it.each([
    ['INVALID_ARGUMENT', 'alice', 'list_environments_for_org', {}, [{ path: 'org_id' }]],
    [
      'INVALID_ARGUMENT',
      'alice',
      'create_cloud_resource',
      createInput({ resource_name: '1x', tags: [] }),
      [{ path: 'resource_name' }],
    ],
    [
      'INVALID_CLOUD_RESOURCE_KIND',
      'alice',
      'get_cloud_resource_schema',
      { cloud_resource_kind: 'AwsRdsInstanse' },
      [{ path: 'cloud_resource_kind' }],
    ],
    [
      'INVALID_SPEC_DATA',
      'alice',
      'create_cloud_resource',
      createInput({ spec: { ...rdsSpec, port: -1, x: 1 } }),
      [{ path: 'spec.port' }, { path: 'spec.x' }],
    ],
    ['PERMISSION_DENIED', 'bob', 'create_cloud_resource', createInput(), undefined],
    ['PERMISSION_DENIED', 'alice', 'create_cloud_resource', createInput({ env_name: 'prod' }), undefined],
    ['NOT_FOUND', 'carol', 'list_environments_for_org', { org_id: 'acme' }, undefined],
    ['NOT_FOUND', 'alice', 'create_cloud_resource', createInput({ env_name: 'qa' }), undefined],
    ['NOT_FOUND', 'alice', 'get_cloud_resource_by_id', { resource_id: 'res_none' }, undefined],
  ])(
    'answers %s as a result, and once in the trail: %s calls %s',
    async (code, person, name, input, issues) => {
      const before = (await running.audit()).length;
      const body = await failure(person, era, name, input);
      expect(body.error).toBe(code);
      expect(body.issues).toEqual(issues?.map((issue) => expect.objectContaining(issue) as unknown));
      expect(await running.audit()).toHaveLength(before + 1);
    },
  );

  it('answers ALREADY_EXISTS for a name that is taken', async () => {
    const input = createInput({ resource_name: `taken-${era}` });
    await call('alice', era, 'create_cloud_resource', input);
    expect(await failure('alice', era, 'create_cloud_resource', input)).toMatchObject({
      error: 'ALREADY_EXISTS',
    });
  });

  it('refuses a tool that does not exist as a protocol error, and once in the trail', async () => {
    const before = (await running.audit()).length;
    await expect((await running.client('alice', era)).callTool({ name: 'drop_everything' })).rejects.toThrow(
      /no such tool/,
    );
    const added = (await running.audit()).slice(before);
    expect(added).toMatchObject([
      { subject: 'alice', action: 'unknown_tool', name: 'drop_everything', decision: 'denied' },
    ]);
  });
});

describe('a fault of the platform itself', () => {
  it('keeps its text in the log, and answers INTERNAL_ERROR with the request id', async () => {
    await sql`alter table resources rename to resources_away`.execute(running.database.db);
    const body = await failure('alice', 'auto', 'search_cloud_resources', { org_id: 'acme' });
    await sql`alter table resources_away rename to resources`.execute(running.database.db);

    expect(body.error).toBe('INTERNAL_ERROR');
    expect(body.message).not.toMatch(/table|sqlite/i);
    const id = /request id ([0-9a-f-]{36})/.exec(body.message)?.[1] ?? 'none';
    expect(lines.find((line) => line.includes('platform.tool.failed'))).toContain(id);
  });

  it('answers UNAVAILABLE when a write cannot be recorded', async () => {
    await sql`alter table audit_head rename to audit_head_away`.execute(running.database.db);
    const body = await failure(
      'alice',
      'auto',
      'create_cloud_resource',
      createInput({ resource_name: 'unrecorded' }),
    );
    await sql`alter table audit_head_away rename to audit_head`.execute(running.database.db);

    expect(body.error).toBe('UNAVAILABLE');
  });
});
