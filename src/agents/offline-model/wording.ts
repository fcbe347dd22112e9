/** Sentences and forms that several answers share. */
import type { DraftField } from './draft.js';
import type { Place } from './tool-result.js';

/** A request that this model understands, shown wherever it did not understand one. */
export const exampleRequest =
  'Create a PostgreSQL 16 instance called orders-db in dev, db.t3.small, 20 GB, private, in subnet-a1 and subnet-b2.';

/** Who speaks, in two sentences. */
export const introductionLine =
  'I am the offline model: a program with fixed rules, not a language model. ' +
  'I understand written requests for an AWS RDS instance, and questions about organizations, environments, kinds and resources.';

/** Closes every message with proposals, and is how the model knows that it made some. */
const proposalSentence = 'What you leave out takes the proposed value; "yes" takes them all.';

/** Said when a message holds a password. */
export const passwordNote =
  'You wrote about a password. It is not needed and not used: one is made where the call leaves, sealed by the platform, ' +
  'and given once to you alone. Do not use the one you wrote for anything else.';

/** What a field is called in conversation. */
export const fieldLabels: Readonly<Record<DraftField, string>> = {
  organization: 'organization',
  environment: 'environment',
  name: 'name',
  engine: 'engine',
  version: 'engine version',
  instanceClass: 'instance class',
  storageGb: 'storage',
  username: 'master user',
  subnetIds: 'subnets',
  subnetGroup: 'DB subnet group',
  securityGroupIds: 'security groups',
  port: 'port',
  isPublic: 'network exposure',
  isMultiAz: 'multi-AZ',
  isEncrypted: 'encryption',
  kmsKeyId: 'KMS key',
  parameterGroup: 'parameter group',
  optionGroup: 'option group',
};

const maxShown = 200;

/** Makes a value of unknown origin fit to be shown: one line, no control characters, at most 200 characters. */
export function shown(value: unknown): string {
  // The typings leave out that JSON.stringify gives undefined for undefined.
  const text = typeof value === 'string' ? value : ((JSON.stringify(value) as string | undefined) ?? '');
  const line = text
    .slice(0, 4 * maxShown)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim();
  return line.length > maxShown ? `${line.slice(0, maxShown)}…` : line;
}

/** Joins choices for a question: `dev, staging or prod`. */
export function joinChoices(choices: readonly string[]): string {
  return joinWith(choices, 'or');
}

/** Names places in a sentence: `dev, staging and prod`; `none that you may see` when there are none. */
export function namePlaces(places: readonly Place[]): string {
  return places.length === 0 ? 'none that you may see' : joinWith(slugs(places), 'and');
}

/** The slugs of places, fit to be shown. */
export function slugs(places: readonly Place[]): readonly string[] {
  return places.map(({ slug }) => shown(slug));
}

/** Adds the sentence that tells what happens to proposals. */
export function closeProposal(text: string): string {
  return `${text}\n\n${proposalSentence}`;
}

/** Tells a message that made proposals. */
export function isProposal(text: string): boolean {
  return text.includes(proposalSentence);
}

/** Says who speaks, what it understands, and what it can do with the tools on offer. */
export function introduction(tools: ReadonlySet<string>): string {
  const offer = tools.has('create_cloud_resource')
    ? 'Before anything is created you see the whole request and approve it.'
    : 'You are not offered the creation of resources; an administrator of your organization can grant it. I can still look things up.';
  return `${introductionLine} ${offer}\n\nFor example: "${exampleRequest}"`;
}

/** Says that a region cannot be chosen. */
export function regionNote(region: string): string {
  return `A region cannot be chosen here (you wrote ${shown(region)}): the subnets decide where the instance stands.`;
}

function joinWith(parts: readonly string[], word: 'and' | 'or'): string {
  const last = parts.at(-1) ?? '';
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} ${word} ${last}`;
}
