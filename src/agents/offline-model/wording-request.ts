/** Sentences about a request that is under way: questions, proposals, the summary before the approval, issues. */
import type { CloudResource } from '../../contracts/cloud-resource-tools.js';
import type { Draft, DraftField } from './draft.js';
import {
  defaultUsername,
  newestVersions,
  productionSizing,
  proposeName,
  sizingFor,
  smallSizing,
  toDraftField,
  unanswerable,
  unsaid,
} from './proposals.js';
import type { Sizing } from './proposals.js';
import type { RequestState } from './request-state.js';
import type { ResolvedPlace } from './resolve-place.js';
import type { PlannedCall } from './step.js';
import { toMembers } from './tool-result.js';
import type { FailedResult } from './tool-result.js';
import { closeProposal, fieldLabels, joinChoices, shown, slugs } from './wording.js';

/** Asks in one message for all that is missing, with a proposal wherever there can be one. */
export function askFor({ draft }: Pick<RequestState, 'draft'>, place: ResolvedPlace, seed: string): string {
  const questions = [
    ...(place.organization === undefined
      ? [`- organization: ${joinChoices(slugs(place.organizations)) || 'which one?'}`]
      : []),
    ...(place.environment === undefined
      ? [`- environment: ${joinChoices(slugs(place.environments)) || 'which one, e.g. dev?'}`]
      : []),
    ...unanswerable(draft).map((field) => `- ${questionFor(field, draft)}`),
  ];
  const proposals = proposalLines(draft, place, seed);
  const parts = [
    questions.length === 0
      ? 'One look before I ask for the instance.'
      : `To go on I need from you:\n${questions.join('\n')}`,
    `${understoodLine(draft, place)}${purposeNote(place.purposes)}`.trim(),
    proposals.length === 0 ? '' : `Proposed${where(place)}:\n${proposals.join('\n')}`,
  ];
  const text = parts.filter((part) => part !== '').join('\n\n');
  return proposals.length === 0 ? text : closeProposal(text);
}

function questionFor(field: DraftField, draft: Draft): string {
  if (field === 'engine') return 'engine: postgres, mysql, mariadb, oracle-se2 or sqlserver-ex';
  const first = draft.subnetIds?.[0];
  const more = first === undefined ? 'at least two subnet ids' : `a second subnet id beside ${shown(first)},`;
  return `subnets: ${more} in different availability zones, e.g. "subnet-a1 and subnet-b2", or the name of an existing DB subnet group`;
}

function proposalLines(draft: Draft, place: ResolvedPlace, seed: string): readonly string[] {
  const { environment } = place;
  const sizing = (form: (sizing: Sizing) => string): string =>
    environment === undefined
      ? `${form(smallSizing)}; in production ${form(productionSizing)}`
      : form(sizingFor(environment));
  const { engine } = draft;
  const values: Readonly<Partial<Record<DraftField, string>>> = {
    name: proposeName(engine ?? '<engine>', environment ?? '<environment>', seed),
    version:
      engine === undefined
        ? Object.entries(newestVersions)
            .map((pair) => pair.join(' '))
            .join(', ')
        : newestVersions[engine],
    instanceClass: sizing(({ instanceClass }) => instanceClass),
    storageGb: sizing(({ storageGb }) => `${storageGb} GB`),
    isPublic: 'private',
  };
  const open = unsaid(draft);
  const lines = open.map((field) => `- ${fieldLabels[field]}: ${values[field] ?? ''}`);
  if (lines.length === 0) return [];
  const standby = sizing(({ isMultiAz }) => (isMultiAz ? 'yes, about twice the price' : 'no'));
  return [
    ...lines,
    ...(draft.isMultiAz === undefined ? [`- ${fieldLabels.isMultiAz}: ${standby}`] : []),
    ...(draft.username === undefined ? [`- ${fieldLabels.username}: ${defaultUsername}`] : []),
  ];
}

function where({ organization, environment }: ResolvedPlace): string {
  return organization === undefined || environment === undefined
    ? ''
    : ` for ${shown(organization)}/${shown(environment)}`;
}

function understoodLine(draft: Draft, { organization, environment }: ResolvedPlace): string {
  const known: Draft = { ...draft, organization, environment };
  const fields = Object.keys(fieldLabels) as readonly DraftField[]; // the keys of a record by field
  const said = fields.filter((field) => known[field] !== undefined);
  const parts = said.map((field) => `${fieldLabels[field]} ${formOf(field, known[field])}`);
  return parts.length === 0 ? '' : `Understood so far: ${parts.join('; ')}.`;
}

function formOf(field: string, value: unknown): string {
  if (field === 'isPublic') return value === true ? 'public' : 'private';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (field === 'storageGb') return `${String(value)} GB`;
  return Array.isArray(value) ? value.map(shown).join(' and ') : shown(value);
}

/** What a summary is written from. */
export interface SummaryParts {
  readonly call: PlannedCall;
  readonly purposes: readonly string[];
}

/** Says in one paragraph what is about to be asked for, and what of it costs and cannot be undone. */
export function summarize({ call, purposes }: SummaryParts): string {
  const { org_id: org, env_name: env, resource_name: name, spec } = call.args;
  const fields = Object.entries(toMembers(spec)).map(([field, value]) => {
    const known = toDraftField(field);
    return `${known === undefined ? field : fieldLabels[known]} ${formOf(known ?? field, value)}`;
  });
  const isDouble = toMembers(spec).multi_az === true;
  return (
    `I ask for the instance ${shown(name)} in ${shown(org)}/${shown(env)}: ${fields.join(', ')}. ` +
    'Its password is made where the call leaves; I never see it. ' +
    'Mind what cannot be undone: it costs money from the start, its storage can grow and never shrink, ' +
    `and its encryption cannot be changed later.${isDouble ? ' Multi-AZ about doubles the price.' : ''}${purposeNote(purposes)} ` +
    'It is created when you approve.'
  );
}

function purposeNote(purposes: readonly string[]): string {
  const purpose = purposes.at(-1);
  if (purpose === undefined) return '';
  return ` I take "${shown(purpose)}" as what it is for: it is no organization or environment that you may see.`;
}

/** Says that the name is taken, by what, and asks for another. */
export function tellTaken({ name, id, state, org, env }: CloudResource): string {
  return (
    `The name ${shown(name)} is taken in ${shown(org)}/${shown(env)}: an instance with the id ${shown(id)} has it, state ${state}. ` +
    'Nothing was created. Which other name shall the new one have?'
  );
}

/** Says that the same call was made already in this turn. */
export function tellRepeated(): string {
  return 'I made exactly this request already and do not repeat it. Tell me what to change, or say "try again".';
}

/** Says what is wrong with which field, what was said, and what is proposed instead. */
export function tellIssues(result: FailedResult, args: PlannedCall['args']): string {
  const environment = typeof args.env_name === 'string' ? args.env_name : '';
  const engine = valueAt(args, 'engine');
  const lines = result.issues.map(({ path, message }) => {
    const field = toDraftField(path);
    const value = valueAt(args, path);
    const said = value === undefined ? '' : ` (you have ${shown(value)})`;
    const proposal = field === undefined ? '' : proposalFor(field, { environment, engine });
    return `- ${field === undefined ? shown(path) : fieldLabels[field]}${said}: ${shown(message)}${proposal}`;
  });
  const lead = `Nothing was created: ${shown(result.message ?? 'the request is outside its bounds.')}`;
  const details =
    result.details === undefined || lines.length > 0 ? '' : ` The answer read: "${shown(result.details)}".`;
  return closeProposal([`${lead}${details}`, ...lines, 'Give a better value for each.'].join('\n'));
}

function proposalFor(
  field: DraftField,
  { environment, engine }: { environment: string; engine: unknown },
): string {
  const sizing = sizingFor(environment);
  const version = typeof engine === 'string' ? newestVersions[engine] : undefined;
  const values: Readonly<Partial<Record<DraftField, string | undefined>>> = {
    version,
    instanceClass: sizing.instanceClass,
    storageGb: `${sizing.storageGb} GB`,
    username: defaultUsername,
    port: 'the engine’s own',
  };
  const value = values[field];
  return value === undefined ? '' : ` Proposed instead: ${value}.`;
}

function valueAt(args: PlannedCall['args'], path: string): unknown {
  const name = path.split(/[^A-Za-z_]+/).findLast((part) => part !== '' && part !== 'spec') ?? '';
  return toMembers(args.spec)[name] ?? args[name];
}
