/** Plans the way from a request to a created instance, one step at a time. */
import { awsRdsInstanceKind } from '../../contracts/aws-rds-instance.js';
import { isSameCall } from './conversation.js';
import type { Call } from './conversation.js';
import { planAfterAttempt } from './plan-after-attempt.js';
import { completeDraft, toSpec, unanswerable, unsaid } from './proposals.js';
import type { CompleteDraft } from './proposals.js';
import { exactHit } from './request-state.js';
import type { RequestState } from './request-state.js';
import { resolvePlace } from './resolve-place.js';
import type { ResolvedPlace } from './resolve-place.js';
import { consult, planCall, requireAnswer, say } from './step.js';
import type { Step, View } from './step.js';
import { toMembers, toResources } from './tool-result.js';
import type { KindFields } from './tool-result.js';
import { tellFailure, tellNotOffered } from './wording-failure.js';
import { tellLost } from './wording-report.js';
import { askFor, summarize, tellRepeated, tellTaken } from './wording-request.js';

/** Plans the next step of the open request. */
export function planCreation(view: View): Step {
  const { conversation, state, tools } = view;
  const attempt = conversation.turn.findLast(({ name }) => name === 'create_cloud_resource');
  if (attempt !== undefined && !state.isRevised) return planAfterAttempt(view, attempt);
  const [lost] = state.isOpen ? [] : state.created.slice(-1);
  if (lost !== undefined) return say(tellLost({ hit: lost }));
  if (!tools.has('create_cloud_resource')) return say(tellNotOffered('create_cloud_resource', tools));
  const place = resolvePlace(view);
  if (place.kind === 'step') return place;
  const schema = lookAtSchema(view);
  if (schema !== undefined) return schema;
  const { engine } = state.draft;
  const { organization, environment } = place;
  const isMissing = unanswerable(state.draft).length > 0;
  if (
    engine === undefined ||
    organization === undefined ||
    environment === undefined ||
    isMissing ||
    mustPropose(state)
  ) {
    return say(askFor(state, place, seedOf(state)));
  }
  const draft = completeDraft(state.draft, engine, { environment, seed: seedOf(state) });
  return checkName(view, draft, place) ?? planWrite(view, draft, place);
}

/** Names that were taken, and instances of this thread, move the proposed name on. */
export function seedOf({ firstText, created, refusedNames }: RequestState): string {
  const turn = created.length + refusedNames;
  return turn === 0 ? firstText : `${firstText}#${turn}`;
}

function mustPropose(state: RequestState): boolean {
  return unsaid(state.draft).length > 0 && !state.hasProposed && !state.accepts && !state.isRevised;
}

function lookAtSchema(view: View): Step | undefined {
  if (view.state.fields !== undefined) return undefined;
  const call = planCall('get_cloud_resource_schema', { cloud_resource_kind: awsRdsInstanceKind });
  const found = consult(view, call);
  if (found.kind === 'step') return found;
  return found.kind === 'failure' ? say(tellFailure(call, found.result)) : undefined;
}

function checkName(view: View, draft: CompleteDraft, place: ResolvedPlace): Step | undefined {
  const { organization = '', environment = '' } = place;
  const call = planCall('search_cloud_resources', {
    org_id: organization,
    env_names: [environment],
    cloud_resource_kinds: [awsRdsInstanceKind],
    search_text: draft.name,
  });
  if (!view.tools.has(call.name)) return undefined;
  const found = requireAnswer(view, call);
  if (found.kind === 'step') return found;
  const hit = exactHit(toResources(found.value), draft.name, environment);
  return hit === undefined ? undefined : say(tellTaken(hit));
}

function planWrite(view: View, draft: CompleteDraft, place: ResolvedPlace): Step {
  const { organization = '', environment = '', purposes } = place;
  const { fields } = view.state;
  const call = planCall('create_cloud_resource', {
    cloud_resource_kind: awsRdsInstanceKind,
    org_id: organization,
    env_name: environment,
    resource_name: draft.name,
    spec: fields === undefined ? toSpec(draft) : keepWritable(toSpec(draft), fields),
  });
  const isRepeated = view.conversation.turn.some((made: Call) => isSameCall(made, call));
  if (isRepeated) return say(tellRepeated());
  const text = summarize({ call, purposes });
  return { kind: 'step', text, calls: [call] };
}

/** Leaves out what the kind does not know or keeps to itself; the platform’s schema has the last word. */
function keepWritable(
  spec: Readonly<Record<string, unknown>>,
  { properties }: KindFields,
): Record<string, unknown> {
  const isWritable = (name: string): boolean =>
    name in properties && toMembers(properties[name]).writeOnly !== true;
  return Object.fromEntries(Object.entries(spec).filter(([name]) => isWritable(name)));
}
