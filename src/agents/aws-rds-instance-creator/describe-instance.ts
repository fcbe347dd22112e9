/** The text in which a person approves an instance. */
import type { AwsRdsInstanceDraft } from '../../contracts/aws-rds-instance.js';
import { awsRdsInstanceDraft, awsRdsInstanceKind } from '../../contracts/aws-rds-instance.js';
import type { CloudResourceToolInput } from '../../contracts/cloud-resource-tools.js';
import { newerGeneration } from '../../tools/platform-generations/newer-tools.js';
import { olderGeneration } from '../../tools/platform-generations/older-tools.js';

type CreateArgs = CloudResourceToolInput<'create_cloud_resource'>;

/** What only the person’s own platform does; the other generations do otherwise, which they are told. */
const otherGenerations: ReadonlySet<string | undefined> = new Set([olderGeneration, newerGeneration]);

/**
 * Describes a creation for the person who approves it: every field, where the password is kept, what becomes of the call
 * if the name is taken meanwhile, and what cannot be undone.
 *
 * @param generation of the platform’s tools: what each does with the password and the description is told as it is.
 */
export function describeCreate(args: CreateArgs, generation?: string): string {
  const spec = awsRdsInstanceDraft.parse(args.spec);
  const rows = [
    ['name', args.resource_name.toLowerCase()],
    ['organization', args.org_id],
    ['environment', args.env_name],
    ...Object.entries(withDefaults(spec)),
    ...describeDescription(args, generation),
    ...(args.tags === undefined ? [] : [['tags', args.tags]]),
  ];
  const fields = rows.map(([name, value]) => `- ${String(name)}: ${showValue(value)}`);
  const warnings = [...warningsFor(spec), ...(generation === newerGeneration ? [overwriteWarning] : [])];
  const password = `- password: made when the call leaves; ${keptWhere(generation)}`;
  return [`Create this ${awsRdsInstanceKind}?`, ...fields, password, '', ...warnings].join('\n');
}

function describeDescription(
  { description }: CreateArgs,
  generation: string | undefined,
): readonly string[][] {
  if (description === undefined) return [];
  if (!otherGenerations.has(generation)) return [['description', description]];
  return [['description', 'left out: this platform keeps none']];
}

function keptWhere(generation: string | undefined): string {
  if (generation === undefined) return 'nobody is shown it here';
  return otherGenerations.has(generation)
    ? 'this platform keeps it in the spec, for everybody who may read the instance there'
    : 'the platform keeps it sealed for you';
}

const overwriteWarning =
  'This platform has one tool that creates and changes. The name is looked up once more right before the call, and ' +
  'nothing is sent while it is taken; an instance of that name made in the same moment would be changed to these values.';

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

/** A spec with what the platform takes for the fields that were left out and that a person should see all the same. */
export function withDefaults<Spec extends Partial<AwsRdsInstanceDraft>>(spec: Spec) {
  return {
    ...spec,
    publicly_accessible: spec.publicly_accessible ?? false,
    multi_az: spec.multi_az ?? false,
    storage_encrypted: spec.storage_encrypted ?? true,
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
