/** Ends what an earlier message left open: words that may be places, and values that were refused. */
import type { Conversation } from './conversation.js';
import type { Draft, DraftField, PlaceHint } from './draft.js';
import { toEnvironment } from './place-rules.js';
import { unanswerable, unsaid } from './proposals.js';
import type { RequestState } from './request-state.js';
import type { Place } from './tool-result.js';

type Known = Pick<RequestState, 'draft' | 'organizations' | 'environments' | 'taken' | 'isOpen'>;

/** Finds the place that a word means: by slug, id or name, or by a longer form of the slug. */
export function findPlace(places: readonly Place[], word: string): Place | undefined {
  const wanted = word.toLowerCase();
  const isNamed = ({ slug, id, name }: Place): boolean =>
    [slug, id, name].some((own) => own?.toLowerCase() === wanted);
  return places.find(isNamed) ?? places.find(({ slug }) => toEnvironment(slug) === toEnvironment(wanted));
}

/**
 * Prepares the draft for the person’s next message: a word that turned out to be an organization or environment
 * becomes one, a place that does not exist and a name that is taken are dropped.
 */
export function settleDraft(known: Known, given: Conversation['given']): Draft {
  const { draft, organizations } = known;
  if (!known.isOpen) return draft;
  const words = (draft.places ?? []).map(({ word }) => word).reverse();
  const organization =
    organizations === undefined ? draft.organization : pick(organizations, draft.organization, words);
  const where = organization ?? given.organization ?? soleSlug(organizations);
  const environments = where === undefined ? undefined : known.environments[where];
  const environment =
    environments === undefined ? draft.environment : pick(environments, draft.environment, words);
  const isSettled = organizations !== undefined && environments !== undefined;
  const isFound = ({ word }: PlaceHint): boolean =>
    [...(organizations ?? []), ...(environments ?? [])].some(
      (place) => findPlace([place], word) !== undefined,
    );
  return {
    ...draft,
    organization,
    environment,
    places: isSettled ? undefined : draft.places?.filter((hint) => !isFound(hint)),
    name: known.taken === undefined ? draft.name : undefined,
  };
}

/** The fields that a bare word or number may answer now. */
export function expectedFields(known: Known, given: Conversation['given']): ReadonlySet<DraftField> {
  const { draft, organizations } = known;
  const needsOrganization = draft.organization === undefined && given.organization === undefined;
  return new Set<DraftField>([
    ...unanswerable(draft),
    ...unsaid(draft),
    ...(needsOrganization && (organizations?.length ?? 0) > 1 ? (['organization'] as const) : []),
    ...(draft.environment === undefined && given.environment === undefined ? (['environment'] as const) : []),
  ]);
}

function pick(
  places: readonly Place[],
  said: string | undefined,
  words: readonly string[],
): string | undefined {
  const found = [...words, said].map((word) => (word === undefined ? undefined : findPlace(places, word)));
  return found.find((place) => place !== undefined)?.slug;
}

function soleSlug(organizations: readonly Place[] | undefined): string | undefined {
  return organizations?.length === 1 ? organizations[0]?.slug : undefined;
}
