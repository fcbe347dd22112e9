/** The one write of the RDS agent: checked, shown in full, and completed with a password nobody sees. */
import { randomInt } from 'node:crypto';
import { z } from 'zod';
import type { AwsRdsInstanceDraft } from '../../contracts/aws-rds-instance.js';
import {
  awsRdsInstanceDraft,
  awsRdsInstanceKind,
  awsRdsInstanceSecretFields,
} from '../../contracts/aws-rds-instance.js';
import type { CloudResourceToolInput } from '../../contracts/cloud-resource-tools.js';
import {
  cloudResource,
  cloudResourceTools,
  resourceNamePattern,
} from '../../contracts/cloud-resource-tools.js';
import type { ArgumentIssue } from '../../errors.js';
import { OutcomeError } from '../../outcomes.js';
import { defineWrapperTool } from '../../tools/define-wrapper-tool.js';
import type { ReadCall } from '../../tools/wrapper-definition.js';

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
});

function checkCreate(args: CreateArgs): readonly ArgumentIssue[] {
  if (normalizeKind(args.cloud_resource_kind) !== normalizeKind(awsRdsInstanceKind)) {
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

function normalizeKind(kind: string): string {
  return kind.toLowerCase().replaceAll(/[\s_-]/g, '');
}

const searchResult = z.array(cloudResource);

async function requireFreeName(args: CreateArgs, read: ReadCall): Promise<void> {
  const name = args.resource_name.toLowerCase();
  const text = await read('search_cloud_resources', {
    org_id: args.org_id,
    env_names: [args.env_name],
    cloud_resource_kinds: [awsRdsInstanceKind],
    search_text: name,
  });
  const found = searchResult.parse(JSON.parse(text)).find((resource) => resource.name === name);
  if (found === undefined) return;
  throw new OutcomeError({
    outcome: 'conflict',
    message: `The name "${name}" is taken in ${args.env_name}: ${found.id} is ${found.state}. Choose another name.`,
  });
}

function describeCreate(args: CreateArgs): string {
  const spec = awsRdsInstanceDraft.parse(args.spec);
  const rows = [
    ['name', args.resource_name.toLowerCase()],
    ['organization', args.org_id],
    ['environment', args.env_name],
    ...Object.entries({ ...spec, ...withDefaults(spec) }),
    ...(args.description === undefined ? [] : [['description', args.description]]),
    ...(args.tags === undefined ? [] : [['tags', args.tags]]),
  ];
  const fields = rows.map(([name, value]) => `- ${String(name)}: ${showValue(value)}`);
  return [`Create this ${awsRdsInstanceKind}?`, ...fields, passwordLine, '', ...warningsFor(spec)].join('\n');
}

const passwordLine = '- password: made when the call leaves; the platform keeps it sealed for you';

const plainText = /^[\w.:/+@=-]+$/;
const unseenCharacters = /[\p{C}\u2028\u2029]/gu;

/** One line for one value: text that is more than a word is quoted, so that none can pass for a field of its own. */
function showValue(value: unknown): string {
  if (Array.isArray(value)) return value.map(showValue).join(', ');
  if (typeof value !== 'string' || plainText.test(value)) return String(value);
  return JSON.stringify(value).replaceAll(
    unseenCharacters,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** What the platform takes for the fields that were left out and that a person should see all the same. */
function withDefaults({
  publicly_accessible,
  multi_az,
  storage_encrypted,
}: AwsRdsInstanceDraft): Record<string, boolean> {
  return {
    publicly_accessible: publicly_accessible ?? false,
    multi_az: multi_az ?? false,
    storage_encrypted: storage_encrypted ?? true,
  };
}

function warningsFor(spec: AwsRdsInstanceDraft): readonly string[] {
  return [
    'It costs money from the moment it runs.',
    'Its storage can grow and never shrink; encryption at rest cannot be changed later.',
    ...(spec.multi_az === true ? ['A standby in a second zone about doubles the price.'] : []),
    ...(spec.publicly_accessible === true
      ? ['It gets a public address: anybody its security groups let in can reach it.']
      : []),
    ...(spec.storage_encrypted === false ? ['Its storage is NOT encrypted.'] : []),
  ];
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
