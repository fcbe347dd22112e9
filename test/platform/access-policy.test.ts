import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cloudResourceTools } from '../../src/contracts/cloud-resource-tools.js';
import { loadAccessPolicy } from '../../src/platform/access-policy.js';
import type { AccessRequest } from '../../src/platform/access-request.js';
import { callerFor, makeFolder, policiesFolder } from '../support/test-platform.js';

const policy = loadAccessPolicy(policiesFolder);
const { principal } = callerFor('alice');

function ask(role: string | undefined, question: Omit<AccessRequest, 'subject'>, slug = 'acme'): string {
  const membership = role === undefined ? undefined : { slug, role };
  const { allowed, reason } = policy.decide({ ...question, subject: { principal, membership } });
  return `${allowed ? 'allow' : 'deny'} ${reason}`;
}

const dev = { type: 'Environment', organization: 'acme', slug: 'dev' } as const;
const environment = (slug: string) => ({ ...dev, slug });
const resource = {
  type: 'Resource',
  id: 'r1',
  organization: 'acme',
  environment: 'dev',
  kind: 'AwsVpc',
  creator: principal,
} as const;

describe('the shipped policies', () => {
  it.each(Object.keys(cloudResourceTools))(
    'offer %s to every role, creating to developers and viewers only',
    (name) => {
      const question = { action: 'use', target: { type: 'Tool', name } } as const;
      const isCreating = name === 'create_cloud_resource';

      expect(ask('developer', question)).toBe('allow developers-use-every-tool');
      expect(ask('viewer', question)).toBe('allow viewers-use-every-tool');
      expect(ask('auditor', question)).toBe(
        isCreating ? 'deny no-policy-permits-it' : 'allow auditors-use-the-reading-tools',
      );
      expect(ask(undefined, question)).toBe('deny no-policy-permits-it');
    },
  );

  it.each([
    ['developer', 'dev', 'allow developers-create-outside-production'],
    ['developer', 'staging', 'allow developers-create-outside-production'],
    ['developer', 'prod', 'deny no-policy-permits-it'],
    ['viewer', 'dev', 'deny no-policy-permits-it'],
    ['auditor', 'dev', 'deny no-policy-permits-it'],
    [undefined, 'dev', 'deny environment-is-not-yours'],
  ])('let a %s create in %s: %s', (role, slug, decision) => {
    expect(ask(role, { action: 'create', kind: 'AwsVpc', target: environment(slug) })).toBe(decision);
  });

  it.each(['developer', 'viewer', 'auditor'])(
    'let a %s read all of the own organization and nothing of another',
    (role) => {
      const targets = [{ type: 'Organization', slug: 'acme' }, environment('prod'), resource] as const;
      for (const target of targets) {
        expect(ask(role, { action: 'read', target })).toBe('allow members-read');
        expect(ask(role, { action: 'read', target }, 'globex')).toMatch(/^deny .*-is-not-yours$/);
      }
    },
  );

  it('give credentials to the creator only, and only in the own organization', () => {
    const other = { ...resource, creator: { ...principal, subject: 'bob' } };
    const twin = { ...resource, creator: { ...principal, issuer: 'http://elsewhere' } };

    expect(ask('developer', { action: 'reveal', target: resource })).toBe(
      'allow creators-read-their-credentials',
    );
    expect(ask('developer', { action: 'reveal', target: other })).toBe('deny no-policy-permits-it');
    expect(ask('developer', { action: 'reveal', target: twin })).toBe('deny no-policy-permits-it');
    expect(ask('developer', { action: 'reveal', target: resource }, 'globex')).toBe(
      'deny resource-is-not-yours',
    );
  });

  it('deny a tool that the schema does not name', () => {
    expect(ask('developer', { action: 'use', target: { type: 'Tool', name: 'drop_everything' } })).toMatch(
      /^deny/,
    );
  });

  it('decide in well under a millisecond', () => {
    const decide = (): string => ask('developer', { action: 'create', kind: 'AwsVpc', target: dev });
    // The engine compiles its code anew after about a thousand calls; the time until then is the start's.
    for (let warm = 0; warm < 1500; warm += 1) decide();
    const before = process.cpuUsage();
    for (let count = 0; count < 300; count += 1) decide();
    const { user, system } = process.cpuUsage(before);

    expect((user + system) / 1000 / 300).toBeLessThan(0.7);
  });
});

describe('loadAccessPolicy', () => {
  let folder: string;

  beforeEach(() => {
    folder = makeFolder();
    cpSync(policiesFolder, folder, { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('names the roles of the schema', () => {
    expect(policy.roles).toEqual(['developer', 'viewer', 'auditor']);
  });

  it.each([
    ['a policy that does not parse', 'permit (principal, action, resource) whenn;', /unexpected token/],
    [
      'an action the schema lacks',
      '@id("x") permit (principal, action == Action::"fly", resource);',
      /did you mean/,
    ],
    ['a role the schema lacks', '@id("x") permit (principal in Role::"owner", action, resource);', /owner/],
    ['a policy without an id', 'permit (principal, action == Action::"use", resource);', /no @id/],
    [
      'an id that is taken',
      '@id("members-read") permit (principal, action == Action::"use", resource);',
      /taken/,
    ],
  ])('refuses %s, naming the file', (_, text, message) => {
    writeFileSync(join(folder, 'zz.cedar'), text);
    expect(() => loadAccessPolicy(folder)).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG',
        path: join(folder, 'zz.cedar'),
        message: expect.stringMatching(message) as string,
      }),
    );
  });

  it.each(['roles', 'tenant-isolation'])(
    'refuses a folder without %s.cedar, whatever else is there',
    (name) => {
      const file = join(folder, `${name}.cedar`);
      rmSync(file);

      expect(() => loadAccessPolicy(folder)).toThrow(
        expect.objectContaining({
          code: 'ERR_CONFIG',
          path: file,
          message: expect.stringMatching(/missing/) as string,
        }),
      );
    },
  );

  it('refuses a schema without roles, and a folder that is not there', () => {
    const schema = join(folder, 'platform.cedarschema');
    writeFileSync(schema, readFileSync(schema, 'utf8').replace(/entity Role enum.*/, 'entity Role;'));
    expect(() => loadAccessPolicy(folder)).toThrow(/names no roles/);
    expect(() => loadAccessPolicy(join(folder, 'nowhere'))).toThrow(/cannot be read/);
  });

  it('denies when a forbidding policy cannot be evaluated', () => {
    const text =
      '@id("fragile") forbid (principal, action == Action::"create", resource) when { 9223372036854775807 + 1 > context.kind.size };';
    writeFileSync(join(folder, 'zz.cedar'), text.replace('context.kind.size', '0'));
    const fragile = loadAccessPolicy(folder);
    const subject = { principal, membership: { slug: 'acme', role: 'developer' } };

    expect(fragile.decide({ subject, action: 'create', kind: 'AwsVpc', target: dev })).toEqual({
      allowed: false,
      reason: 'policy-failed',
    });
  });
});
