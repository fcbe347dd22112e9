/** The one write of the RDS agent: checked, shown in full, and completed with a password nobody sees. */
import { randomInt } from 'node:crypto';
import { z } from 'zod';
import {
  awsRdsInstanceDraft,
  awsRdsInstanceKind,
  awsRdsInstanceSecretFields,
} from '../../contracts/aws-rds-instance.js';
import type { CloudResourceToolInput } from '../../contracts/cloud-resource-tools.js';
import { cloudResourceTools, resourceNamePattern, toKindKey } from '../../contracts/cloud-resource-tools.js';
import type { ArgumentIssue } from '../../errors.js';
import { OutcomeError } from '../../outcomes.js';
import { defineWrapperTool } from '../../tools/define-wrapper-tool.js';
import { searchCloudResources } from '../../tools/cloud-resources.js';
import { newerCreate } from '../../tools/platform-generations/newer-tools.js';
import { olderCreate } from '../../tools/platform-generations/older-tools.js';
import type { ReadCall } from '../../tools/wrapper-definition.js';
import { describeCreate, withDefaults } from './describe-instance.js';

type CreateArgs = CloudResourceToolInput<'create_cloud_resource'>;

/** Creates an instance, with the user’s approval of every field. */
export const createInstance = defineWrapperTool({
  name: 'create_cloud_resource',
  description: 'Creates an AwsRdsInstance. The user is asked for approval before the call goes out.',
  schema: cloudResourceTools.create_cloud_resource,
  class: 'write',
  check: checkCreate,
  lookFirst: requireFreeName,
  describe: describeCreate,
  complete: withPassword,
  translations: [olderCreate(withDefaults), newerCreate(withDefaults)],
});

function checkCreate(args: CreateArgs): readonly ArgumentIssue[] {
  if (toKindKey(args.cloud_resource_kind) !== toKindKey(awsRdsInstanceKind)) {
    const message = `This agent creates ${awsRdsInstanceKind} and no other kind; write the kind so, or use another agent.`;
    return [{ path: 'cloud_resource_kind', message }];
  }
  const name = resourceNamePattern.test(args.resource_name.toLowerCase()) ? [] : [badName];
  return [...name, ...checkSpec(args.spec)];
}

const badName: ArgumentIssue = {
  path: 'resource_name',
  message:
    'A name has 1 to 63 of a-z, 0-9 and "-", begins with a letter and does not end with "-"; choose such a name.',
};

function checkSpec(spec: CreateArgs['spec']): readonly ArgumentIssue[] {
  const secrets = awsRdsInstanceSecretFields.filter((field) => field in spec);
  if (secrets.length > 0) {
    return secrets.map((field) => ({
      path: `spec.${field}`,
      message: 'It is made where the call leaves; leave it out.',
    }));
  }
  const parsed = awsRdsInstanceDraft.safeParse(spec);
  if (parsed.success) return [];
  return parsed.error.issues.map(({ path, message }) => ({
    path: ['spec', ...path.map(String)].join('.'),
    message,
  }));
}

/** Older and newer platforms name no state in a search. */
const searchResult = z.array(z.object({ id: z.string(), name: z.string(), state: z.string().optional() }));

async function requireFreeName(args: CreateArgs, read: ReadCall): Promise<void> {
  const name = args.resource_name.toLowerCase();
  const text = await read(searchCloudResources, {
    org_id: args.org_id,
    env_names: [args.env_name],
    cloud_resource_kinds: [awsRdsInstanceKind],
    search_text: name,
  });
  const found = searchResult.parse(JSON.parse(text)).find((resource) => resource.name.toLowerCase() === name);
  if (found === undefined) return;
  const state = found.state === undefined ? 'exists' : `is ${found.state}`;
  throw new OutcomeError({
    outcome: 'conflict',
    message: `The name "${name}" is taken in ${args.env_name}: ${found.id} ${state}. Choose another name.`,
  });
}

// The shortest bound among the engines is Oracle’s, 30 characters; "/", "@", quotes and spaces are refused by RDS.
const passwordLength = 30;
const passwordAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

function withPassword(args: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const spec = typeof args.spec === 'object' && args.spec !== null ? args.spec : {};
  return { ...args, spec: { ...spec, password: generatePassword() } };
}

function generatePassword(): string {
  return Array.from({ length: passwordLength }, () =>
    passwordAlphabet.charAt(randomInt(passwordAlphabet.length)),
  ).join('');
}
