/** Folds a thread into what is wanted now: the open request, what was created, and what the platform told. */
import { awsRdsInstanceKind } from '../../contracts/aws-rds-instance.js';
import type { CloudResource } from '../../contracts/cloud-resource-tools.js';
import type { Call, Conversation, Entry } from './conversation.js';
import { hasDetails, mergeDraft } from './draft.js';
import type { Draft, DraftField } from './draft.js';
import { chooseGoal } from './goal.js';
import type { Goal } from './goal.js';
import { toDraftField } from './proposals.js';
import { expectedFields, findPlace, settleDraft } from './settle-draft.js';
import { readAnswers } from './read-answers.js';
import { readIntents } from './read-intents.js';
import { readRequest } from './read-request.js';
import type { Reading } from './read-request.js';
import { toKindFields, toPlaces, toResource, toResources } from './tool-result.js';
import type { Ending, FailedResult, KindFields, Place } from './tool-result.js';
import { isProposal } from './wording.js';

/** Where the thread stands after its last message. */
export interface RequestState {
  /** What the person wants done with the last message. */
  readonly goal: Goal;
  /** The last message of the person, read. */
  readonly reading: Reading;
  readonly draft: Draft;
  /** Whether a request for an instance is under way. */
  readonly isOpen: boolean;
  /** Whether proposals were shown for the open request. */
  readonly hasProposed: boolean;
  /** Whether the person took the proposals. */
  readonly accepts: boolean;
  /** How the last create call of the open request failed. */
  readonly halt: Ending | undefined;
  /** The arguments of that call. */
  readonly attempted: Call['args'];
  /** Whether a rejected approval came with a change that was understood. */
  readonly isRevised: boolean;
  /** The resource that has the wanted name. */
  readonly taken: CloudResource | undefined;
  /** How many names were refused as taken. */
  readonly refusedNames: number;
  readonly created: readonly CloudResource[];
  readonly seen: readonly CloudResource[];
  readonly organizations: readonly Place[] | undefined;
  readonly environments: Readonly<Record<string, readonly Place[]>>;
  readonly fields: KindFields | undefined;
  /** Messages of the person so far. */
  readonly spoken: number;
  readonly firstText: string;
}

/** Reads a whole thread, oldest message first. */
export function readState(conversation: Conversation): RequestState {
  const step = (state: RequestState, entry: Entry): RequestState => {
    if (entry.from === 'person') return hearPerson(state, entry.text, conversation.given);
    if (entry.from === 'tool') return noteCall(state, entry.call);
    return isProposal(entry.text) ? { ...state, hasProposed: true } : state;
  };
  return conversation.entries.reduce(step, emptyState());
}

function emptyState(): RequestState {
  return {
    goal: { kind: 'introduce', isGreeting: false },
    reading: readRequest(''),
    draft: {},
    ...closedRequest,
    created: [],
    seen: [],
    organizations: undefined,
    environments: {},
    fields: undefined,
    spoken: 0,
    firstText: '',
  };
}

const closedRequest = {
  isOpen: false,
  hasProposed: false,
  accepts: false,
  halt: undefined,
  attempted: {},
  isRevised: false,
  taken: undefined,
  refusedNames: 0,
} as const;

function hearPerson(before: RequestState, message: string, given: Conversation['given']): RequestState {
  const reading = readRequest(message);
  const intents = readIntents(reading.text);
  const draft = settleDraft(before, given);
  const expected = before.isOpen ? expectedFields({ ...before, draft }, given) : opening(reading);
  const isQuestion = intents.has('question') && !intents.has('create');
  const said = isQuestion
    ? {}
    : mergeDraft(readAnswers(reading.rest, { expected, isPlace: knownPlace(before) }), reading.said);
  const goal = chooseGoal({ before, reading, intents, said });
  const heard = {
    ...before,
    draft,
    goal,
    reading,
    isRevised: false,
    taken: undefined,
    spoken: before.spoken + 1,
    firstText: before.spoken === 0 ? reading.text : before.firstText,
    refusedNames: before.refusedNames + (before.taken === undefined ? 0 : 1),
  };
  if (goal.kind === 'cancel') return { ...heard, ...closedRequest, draft: {} };
  if (goal.kind !== 'create') return heard;
  // As long as a lost create of this name may have arrived, an instance of that name is taken for its result.
  const halt = isLost(before) && said.name === undefined ? before.halt : undefined;
  const start = before.isOpen ? draft : startingDraft(before, intents.has('same'));
  const accepts = before.isOpen && before.hasProposed ? intents.has('accept') : intents.has('defaults');
  return {
    ...heard,
    isOpen: true,
    draft: mergeDraft(start, said),
    accepts: before.accepts || accepts,
    halt,
  };
}

/** A list of bare values may open a request; of these only the name needs no question to be understood. */
function opening({ said }: Reading): ReadonlySet<DraftField> {
  return new Set(said.engine === undefined || said.name !== undefined ? [] : ['name', 'version']);
}

function knownPlace({ organizations = [], environments }: RequestState): (word: string) => boolean {
  const places = [organizations, ...Object.values(environments)].flat();
  return (word) => findPlace(places, word) !== undefined;
}

/** A further request goes where the last one went. */
function startingDraft({ created }: RequestState, isSame: boolean): Draft {
  const last = created.at(-1);
  if (last === undefined) return {};
  const where = { organization: last.org, environment: last.env };
  return isSame ? { ...draftOf(last.spec ?? {}), ...where } : where;
}

function draftOf(spec: Readonly<Record<string, unknown>>): Draft {
  const fields = Object.entries(spec).map(([name, value]) => [toDraftField(name), value] as const);
  // The spec is the platform’s own answer to a request that was checked field by field.
  return Object.fromEntries(fields.filter(([field]) => field !== undefined)) as Draft;
}

function noteCall(state: RequestState, call: Call): RequestState {
  const { name, args, result } = call;
  if (name === 'create_cloud_resource') {
    return result.ok
      ? noteCreated(state, toResource(result.value))
      : noteRefusal({ ...state, attempted: args }, result);
  }
  if (!result.ok) return state;
  const { value } = result;
  if (name === 'list_organizations') return { ...state, organizations: toPlaces(value) };
  if (name === 'get_cloud_resource_schema') return { ...state, fields: toKindFields(value) ?? state.fields };
  if (name === 'search_cloud_resources') return noteFound(state, call, toResources(value));
  if (name === 'get_cloud_resource_by_id') {
    return { ...state, seen: [...state.seen, ...[toResource(value) ?? []].flat()] };
  }
  if (name !== 'list_environments_for_org' || typeof args.org_id !== 'string') return state;
  return { ...state, environments: { ...state.environments, [args.org_id]: toPlaces(value) } };
}

function noteCreated(state: RequestState, resource: CloudResource | undefined): RequestState {
  const created = resource === undefined ? state.created : [...state.created, resource];
  return { ...state, ...closedRequest, created };
}

function noteFound(state: RequestState, call: Call, found: readonly CloudResource[]): RequestState {
  const seen = { ...state, seen: [...state.seen, ...found] };
  if (!state.isOpen || state.goal.kind !== 'create') return seen;
  const names: readonly unknown[] = Array.isArray(call.args.env_names) ? call.args.env_names : [];
  const environment = names[0] ?? state.attempted.env_name;
  const hit = exactHit(found, call.args.search_text, environment);
  if (hit === undefined) return seen;
  return isLost(state) && hit.name === state.attempted.resource_name
    ? noteCreated(seen, hit)
    : { ...seen, taken: hit };
}

function isLost({ halt }: RequestState): boolean {
  return halt === 'unknown-result' || halt === 'lost';
}

/** Finds the instance of exactly this name among search results. */
export function exactHit(
  found: readonly CloudResource[],
  name: unknown,
  environment: unknown,
): CloudResource | undefined {
  return found.find(
    (resource) =>
      resource.name === name &&
      resource.env === environment &&
      resource.cloud_resource_kind === awsRdsInstanceKind,
  );
}

function noteRefusal(state: RequestState, { ending, issues, message }: FailedResult): RequestState {
  const halted = { ...state, halt: ending };
  if (ending === 'cancelled') return noteRejection(halted, message ?? '');
  if (ending === 'conflict') {
    return { ...halted, refusedNames: state.refusedNames + 1, draft: { ...state.draft, name: undefined } };
  }
  if (ending !== 'invalid-argument') return halted;
  const wrong = new Set<string | undefined>(issues.map(({ path }) => toDraftField(path)));
  const draft = Object.fromEntries(Object.entries(state.draft).filter(([field]) => !wrong.has(field)));
  return { ...halted, draft };
}

/** The person said no, perhaps with what they want instead. */
function noteRejection(state: RequestState, reason: string): RequestState {
  const { said, text } = readRequest(reason);
  if (hasDetails(said)) return { ...state, isRevised: true, draft: mergeDraft(state.draft, said) };
  return readIntents(text).has('cancel') ? { ...state, ...closedRequest, draft: {} } : state;
}
