/** Finds the organization and the environment that are meant, asking the platform for what exists. */
import { findPlace } from './settle-draft.js';
import { toEnvironment } from './place-rules.js';
import { consult, planCall, requireAnswer, say } from './step.js';
import type { PlannedCall, Step, View } from './step.js';
import { toPlaces } from './tool-result.js';
import type { Place } from './tool-result.js';
import { tellFailure } from './wording-failure.js';
import { tellUnknownEnvironment, tellUnknownOrganization, tellUnknownPlace } from './wording-place.js';

/** Where to work; what stayed open is undefined, with the choices beside it. */
export interface ResolvedPlace {
  readonly kind: 'place';
  readonly organization: string | undefined;
  readonly environment: string | undefined;
  readonly organizations: readonly Place[];
  readonly environments: readonly Place[];
  /** Words after "for" that are no place. */
  readonly purposes: readonly string[];
}

/** No slug: slugs hold no space. */
const unknown = 'not found';

/** What was said about the place. */
interface Words {
  readonly organization: string | undefined;
  readonly environment: string | undefined;
  readonly hints: readonly { readonly word: string; readonly lead: string }[];
}

type Listed = { readonly kind: 'list'; readonly places: readonly Place[] | undefined } | Step;

/** Resolves the place of the open request. What the run was given is not asked for and not looked up. */
export function resolvePlace(view: View): ResolvedPlace | Step {
  const { given } = view.conversation;
  const { organization, environment, places = [] } = view.state.draft;
  const isGiven = (word: string): boolean =>
    word === given.organization?.toLowerCase() || toEnvironment(word) === given.environment?.toLowerCase();
  return resolve(view, { organization, environment, hints: places.filter(({ word }) => !isGiven(word)) });
}

/** Resolves the organization alone, for a question about it. */
export function resolveOrganization(view: View): ResolvedPlace | Step {
  const { said } = view.state.reading;
  const found = chooseOrganization(view, {
    organization: said.organization ?? view.state.draft.organization ?? view.state.created.at(-1)?.org,
    environment: undefined,
    hints: (said.places ?? []).filter(({ lead }) => lead !== 'alone'),
  });
  if (found.kind === 'step') return found;
  return { ...found, kind: 'place', environment: undefined, environments: [], purposes: [] };
}

interface ChosenOrganization {
  readonly kind: 'organization';
  readonly organization: string | undefined;
  readonly organizations: readonly Place[];
}

function resolve(view: View, words: Words): ResolvedPlace | Step {
  const chosen = chooseOrganization(view, words);
  if (chosen.kind === 'step') return chosen;
  const { organization, organizations } = chosen;
  const hints = words.hints.filter(({ word }) => findPlace(organizations, word) === undefined);
  const purposes = hints.filter(({ lead }) => lead === 'for').map(({ word }) => word);
  const open = { kind: 'place', organization, organizations, purposes, environments: [] } as const;
  if (organization === undefined) return { ...open, environment: words.environment };
  return chooseEnvironment(view, { ...words, hints }, { ...open, organization, environment: undefined });
}

function chooseOrganization(view: View, { organization: said, hints }: Words): ChosenOrganization | Step {
  const given = view.conversation.given.organization;
  if (isSettled(given, said, hints)) return { kind: 'organization', organization: given, organizations: [] };
  const earlier = view.state.organizations;
  const listed = list(view, planCall('list_organizations', {}), { earlier, wanted: wordsOf(said, hints) });
  if (listed.kind === 'step') return listed;
  const { places: organizations } = listed;
  if (organizations === undefined)
    return { kind: 'organization', organization: said ?? given, organizations: [] };
  const match = matchWords(organizations, said, hints);
  if (match === unknown) return say(tellUnknownOrganization(said ?? '', organizations));
  const sole = organizations.length === 1 ? organizations[0]?.slug : undefined;
  return { kind: 'organization', organization: match ?? given ?? sole, organizations };
}

type Located = ResolvedPlace & { readonly organization: string };

function chooseEnvironment(
  view: View,
  { environment: said, hints }: Words,
  open: Located,
): ResolvedPlace | Step {
  const given = view.conversation.given.environment;
  if (isSettled(given, said, hints)) return { ...open, environment: given };
  const { organization, organizations } = open;
  const listed = listEnvironments(view, organization, wordsOf(said, hints));
  if (listed.kind === 'step') return listed;
  const { places: environments } = listed;
  if (environments === undefined) return { ...open, environment: said ?? given };
  const stray = hints.findLast(
    ({ word, lead }) => lead !== 'for' && findPlace(environments, word) === undefined,
  );
  if (stray !== undefined) return say(tellUnknownPlace(stray.word, organizations, environments));
  const match = matchWords(environments, said, hints);
  if (match === unknown) return say(tellUnknownEnvironment(said ?? '', organization, environments));
  const purposes = open.purposes.filter((word) => findPlace(environments, word) === undefined);
  return { ...open, environments, purposes, environment: match ?? given };
}

/** What the run was given holds without a look, unless the person spoke of another place. */
function isSettled(
  given: string | undefined,
  said: string | undefined,
  hints: Words['hints'],
): given is string {
  return hints.length === 0 && given !== undefined && (said ?? given) === given;
}

function wordsOf(said: string | undefined, hints: Words['hints']): readonly string[] {
  return [...hints.map(({ word }) => word), ...(said === undefined ? [] : [said])];
}

/** The place that the last fitting hint means, else the one that was said; {@link unknown} when that does not exist. */
function matchWords(
  places: readonly Place[],
  said: string | undefined,
  hints: Words['hints'],
): string | undefined {
  const hinted = hints.map(({ word }) => findPlace(places, word)).findLast((place) => place !== undefined);
  if (hinted !== undefined || said === undefined) return hinted?.slug;
  return findPlace(places, said)?.slug ?? unknown;
}

function listEnvironments(view: View, organization: string, wanted: readonly string[]): Listed {
  const call = planCall('list_environments_for_org', { org_id: organization });
  const found = consult(view, call);
  if (found.kind !== 'failure' || found.result.ending !== 'not-found') {
    return list(view, call, { earlier: view.state.environments[organization], wanted });
  }
  const organizations = requireAnswer(view, planCall('list_organizations', {}));
  if (organizations.kind === 'step') return organizations;
  return say(tellUnknownOrganization(organization, toPlaces(organizations.value)));
}

interface Lookup {
  readonly earlier: readonly Place[] | undefined;
  /** Words that a list of an earlier turn must hold to be good enough now. */
  readonly wanted: readonly string[];
}

function list(view: View, call: PlannedCall, { earlier, wanted }: Lookup): Listed {
  const isEnough = earlier !== undefined && wanted.every((word) => findPlace(earlier, word) !== undefined);
  if (isEnough) return { kind: 'list', places: earlier };
  const found = consult(view, call);
  if (found.kind === 'step') return found;
  if (found.kind === 'failure') return say(tellFailure(call, found.result));
  return { kind: 'list', places: found.kind === 'answer' ? toPlaces(found.value) : undefined };
}
