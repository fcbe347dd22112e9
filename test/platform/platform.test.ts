import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cloudResourceTools, type CloudResourceToolName } from '../../src/contracts/cloud-resource-tools.js';
import { isFleetError } from '../../src/errors.js';
import type { Platform, PlatformCall } from '../../src/platform/platform.js';
import { describePlatform } from '../support/platform-contract.js';
import {
  callerFor,
  createInput,
  makeFolder,
  openTestPlatform,
  policiesFolder,
  type Person,
  type TestPlatform,
} from '../support/test-platform.js';

describePlatform('SQLite', async () => ({}));

let test: TestPlatform;

beforeEach(async () => {
  test = await openTestPlatform();
});
afterEach(() => test.close());

const doors: Record<CloudResourceToolName, (platform: Platform) => PlatformCall<unknown>> = {
  list_organizations: (platform) => platform.listOrganizations,
  list_environments_for_org: (platform) => platform.listEnvironments,
  list_cloud_resource_kinds: (platform) => platform.listResourceKinds,
  get_cloud_resource_schema: (platform) => platform.getResourceSchema,
  create_cloud_resource: (platform) => platform.createResource,
  get_cloud_resource_by_id: (platform) => platform.getResource,
  search_cloud_resources: (platform) => platform.searchResources,
};

const seen = 'allowed ok';
const notMine = 'denied ERR_NOT_FOUND not-a-member';
const noTool = 'denied ERR_PERMISSION_DENIED no-policy-permits-it';
const rows: [CloudResourceToolName, string, Record<string, unknown>, Record<Person, string>][] = [
  ['list_organizations', '', {}, { alice: seen, bob: seen, carol: seen, dave: seen, mallory: noTool }],
  ['list_cloud_resource_kinds', '', {}, { alice: seen, bob: seen, carol: seen, dave: seen, mallory: noTool }],
  [
    'get_cloud_resource_schema',
    'AwsVpc',
    { cloud_resource_kind: 'AwsVpc' },
    { alice: seen, bob: seen, carol: seen, dave: seen, mallory: noTool },
  ],
  [
    'list_environments_for_org',
    'acme',
    { org_id: 'acme' },
    { alice: seen, bob: seen, carol: notMine, dave: seen, mallory: noTool },
  ],
  [
    'list_environments_for_org',
    'globex',
    { org_id: 'globex' },
    { alice: notMine, bob: notMine, carol: seen, dave: notMine, mallory: noTool },
  ],
  [
    'list_environments_for_org',
    'nowhere',
    { org_id: 'nowhere' },
    { alice: notMine, bob: notMine, carol: notMine, dave: notMine, mallory: noTool },
  ],
  [
    'search_cloud_resources',
    'acme',
    { org_id: 'acme' },
    { alice: seen, bob: seen, carol: notMine, dave: seen, mallory: noTool },
  ],
  [
    'create_cloud_resource',
    'acme/dev',
    createInput(),
    { alice: seen, bob: noTool, carol: notMine, dave: noTool, mallory: noTool },
  ],
  [
    'create_cloud_resource',
    'acme/staging',
    createInput({ env_name: 'staging' }),
    { alice: seen, bob: noTool, carol: notMine, dave: noTool, mallory: noTool },
  ],
  [
    'create_cloud_resource',
    'acme/prod',
    createInput({ env_name: 'prod' }),
    { alice: noTool, bob: noTool, carol: notMine, dave: noTool, mallory: noTool },
  ],
  [
    'create_cloud_resource',
    'globex/dev',
    createInput({ org_id: 'globex' }),
    { alice: notMine, bob: notMine, carol: seen, dave: noTool, mallory: noTool },
  ],
  [
    'create_cloud_resource',
    'globex/prod',
    createInput({ org_id: 'globex', env_name: 'prod' }),
    { alice: notMine, bob: notMine, carol: noTool, dave: noTool, mallory: noTool },
  ],
];
const table = rows.flatMap(([tool, where, input, endings]) =>
  Object.entries(endings).map(([person, ending]) => ({
    tool,
    where,
    input,
    person: person as Person,
    ending,
  })),
);

describe('who may do what', () => {
  it.each(table)('$person calls $tool $where: $ending', async ({ tool, input, person, ending }) => {
    const error: unknown = await doors[tool](test.platform)(callerFor(person), input).then(
      () => undefined,
      (reason: unknown) => reason,
    );

    const [decision, outcome, reason] = ending.split(' ');
    expect(isFleetError(error) ? error.code : error).toBe(outcome === 'ok' ? undefined : outcome);
    const trail = await test.audit();
    expect(trail).toHaveLength(1);
    expect(trail[0]).toMatchObject({ subject: person, action: tool, decision, outcome });
    if (reason !== undefined) expect(trail[0]?.reason).toBe(reason);
  });

  it('offers creating to everyone in an organization but the auditor, and nothing to a stranger', async () => {
    const offered = async (person: Person): Promise<string[]> => {
      const names = Object.keys(cloudResourceTools) as CloudResourceToolName[];
      return [...(await test.platform.offeredTools(callerFor(person), names))];
    };

    for (const person of ['alice', 'bob', 'carol'] as const) expect(await offered(person)).toHaveLength(7);
    expect(await offered('dave')).toHaveLength(6);
    expect(await offered('dave')).not.toContain('create_cloud_resource');
    expect(await offered('mallory')).toEqual([]);
    expect(await test.audit()).toEqual([]);
  });

  it('gives nothing to a token that names an organization its subject is no member of', async () => {
    const caller = callerFor('carol', { organization: 'acme' });
    await expect(test.platform.listEnvironments(caller, { org_id: 'acme' })).rejects.toMatchObject({
      code: 'ERR_PERMISSION_DENIED',
    });
  });
});

describe('createPlatform', () => {
  it('keeps everything over a restart', async () => {
    const { resource } = await test.platform.createResource(callerFor('alice'), createInput());
    await test.database.close();
    const again = await openTestPlatform({ folder: test.folder });

    expect(
      (await again.platform.getResource(callerFor('alice'), { resource_id: resource.id })).resource.name,
    ).toBe('orders');
    expect(
      await again.platform.revealCredentials(callerFor('alice'), { resource_id: resource.id }),
    ).toMatchObject({ status: 'revealed' });
    expect(await again.audit()).toHaveLength(3);
    await again.database.close();
  });

  it('stops at a directory that does not fit the policies', async () => {
    const policies = makeFolder();
    cpSync(policiesFolder, policies, { recursive: true });
    const file = join(policies, 'directory.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"auditor"', '"owner"'));

    await expect(openTestPlatform({ policies })).rejects.toMatchObject({ code: 'ERR_CONFIG', path: file });
    rmSync(policies, { recursive: true });
  });
});
