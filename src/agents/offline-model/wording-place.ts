/** Sentences about organizations and environments. */
import type { Place } from './tool-result.js';
import { joinChoices, namePlaces, shown, slugs } from './wording.js';

/** Says that an organization is unknown, and which ones there are. */
export function tellUnknownOrganization(word: string, organizations: readonly Place[]): string {
  return `There is no organization "${shown(word)}" that you may see. Yours: ${namePlaces(organizations)}. Which one is meant?`;
}

/** Says that an environment is unknown, and which ones there are. */
export function tellUnknownEnvironment(
  word: string,
  organization: string,
  environments: readonly Place[],
): string {
  return (
    `There is no environment "${shown(word)}" in ${shown(organization)} that you may see. ` +
    `There: ${namePlaces(environments)}. Which one is meant?`
  );
}

/** Says that a word is neither an organization nor an environment. */
export function tellUnknownPlace(
  word: string,
  organizations: readonly Place[],
  environments: readonly Place[],
): string {
  const yours = organizations.length === 0 ? '' : `Organizations: ${namePlaces(organizations)}. `;
  return (
    `There is no organization or environment "${shown(word)}" that you may see. ${yours}` +
    `Environments: ${namePlaces(environments)}. Where shall it go?`
  );
}

/** Asks which organization a question is about. */
export function askWhichOrganization(organizations: readonly Place[]): string {
  if (organizations.length === 0)
    return 'You are in no organization that I can see; an administrator must add you to one.';
  return `Which organization do you mean: ${joinChoices(slugs(organizations))}? Ask again with its name, e.g. "for ${slugs(organizations)[0] ?? ''}".`;
}
