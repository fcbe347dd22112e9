/** Phrases that say where: organization and environment. */
import { firstGroup } from './text-scanner.js';
import type { Rule } from './text-scanner.js';
import type { PlaceHint } from './draft.js';

const slug = '([a-z][a-z0-9-]{0,62})';

const synonyms: Readonly<Record<string, string>> = {
  development: 'dev',
  stage: 'staging',
  production: 'prod',
};

/** Words that stand where a place may stand and are none. */
const notAPlace = new Set(
  (
    'a aa able about addition advance again all an and another any are at available aws amazon backup be between both ' +
    'can case cloud cluster cost costs create database databases default each english every example existing fact ' +
    'for from future general gb good have help here high his how i if in instance instances internal is it its jan ' +
    'later least life list many me memory mind minutes month more most multi my name names new next no not now of on ' +
    'one online or order our particular parallel place please postgres private production-like progress public rds ' +
    'region same seconds short should single size some stock subnet subnets sure target tb terms test testing that ' +
    'the their them then there these this those time to total two us use using variable variables vpc want we what ' +
    'which with you your zone zones'
  ).split(' '),
);

function placeOf(match: RegExpExecArray): string | undefined {
  const word = firstGroup(match)?.toLowerCase();
  return word === undefined || notAPlace.has(word) ? undefined : word;
}

function environmentOf(match: RegExpExecArray): string | undefined {
  const word = placeOf(match);
  return word === undefined ? undefined : toEnvironment(word);
}

/** Gives the short slug of an environment that goes by a longer word, e.g. `prod` for `production`. */
export function toEnvironment(word: string): string {
  const lower = word.toLowerCase();
  return synonyms[lower] ?? lower;
}

/** Tells an environment in which the larger defaults are proposed. */
export function isProduction(environment: string): boolean {
  return /^(?:prod|live)/.test(environment);
}

/** An organization and an environment in one word, e.g. `acme/dev`. */
export const slashRules: readonly Rule<{ organization: string; environment: string }>[] = [
  {
    pattern: /(?<![\w./:-])([a-z][a-z0-9-]{0,62})\/([a-z][a-z0-9-]{0,62})(?![\w/-])/gi,
    toValue: ([, organization = '', environment = '']) =>
      /^(?:and|or)$/i.test(environment)
        ? undefined
        : { organization: organization.toLowerCase(), environment: toEnvironment(environment) },
  },
];

/** A word said to be an environment, or known as one. */
export const environmentRules: readonly Rule<string>[] = [
  {
    pattern: new RegExp(
      `\\b(?:environment|env)\\b\\s{0,3}(?:(?:is|called|named|should be|to)\\s|[:=]\\s{0,3})?["'\`]?${slug}`,
      'gi',
    ),
    toValue: environmentOf,
  },
  { pattern: new RegExp(`\\b${slug}["'\`]?\\s{1,3}(?:environment|env)\\b`, 'gi'), toValue: environmentOf },
  {
    pattern:
      /\b(?:in|into|to|on|for|at|use)\s{1,3}(?:the\s|our\s|my\s)?["'`]?(dev|development|stag(?:e|ing)|prod|production|preprod|qa|uat|sandbox)\b(?![-\w/]|\.\w|\s(?:team|vpc|subnet))/gi,
    toValue: environmentOf,
  },
  {
    pattern: /(?<![\w./-])(dev|development|staging|prod|production)(?![\w/-]|\.\w|\s(?:team|vpc|subnet))/gi,
    toValue: environmentOf,
  },
];

/** A word said to be an organization. */
export const organizationRules: readonly Rule<string>[] = [
  {
    pattern: new RegExp(
      `\\b(?:organi[sz]ation|org|tenant)\\b\\s{0,3}(?:(?:is|called|named|to)\\s|[:=]\\s{0,3})?["'\`]?${slug}`,
      'gi',
    ),
    toValue: placeOf,
  },
  { pattern: new RegExp(`\\b${slug}["'\`]?\\s{1,3}(?:organi[sz]ation|org)\\b`, 'gi'), toValue: placeOf },
  {
    // Behind and not in the match: the environment before "of" is read by its own rule.
    pattern: new RegExp(
      `(?<=\\b(?:dev|development|stag(?:e|ing)|prod|production|environment|env)["'\`]?\\s{1,3}of\\s{1,3}["'\`]?)${slug}`,
      'gi',
    ),
    toValue: placeOf,
  },
];

/** An AWS region: noticed, because it cannot be chosen. */
export const regionRules: readonly Rule<string>[] = [
  {
    pattern: /\b(?:in\s{1,3}|region\s{1,3})?((?:us|eu|ap|sa|ca|me|af|il)-[a-z]{2,12}-\d)[a-f]?\b/gi,
    toValue: firstGroup,
  },
];

function hintOf(lead: PlaceHint['lead']): Rule<PlaceHint>['toValue'] {
  return (match) => {
    const word = placeOf(match);
    return word === undefined ? undefined : { word, lead };
  };
}

/** A word after "in" or "for" that may be a place. */
export const placeRules: readonly Rule<PlaceHint>[] = [
  {
    pattern: new RegExp(`\\b(?:in|into|inside|within)\\s{1,3}["'\`]?${slug}(?![\\w/]|\\.\\w)`, 'gi'),
    toValue: hintOf('in'),
  },
  {
    pattern: new RegExp(
      `\\bfor\\s{1,3}["'\`]?${slug}(?=["'\`]?\\s{0,3}(?:'s\\b|[,.;:!?\u00b7]|$|\\b(?:in|with|on|called|named|using|at|and|please|environment)\\b))`,
      'gim',
    ),
    toValue: hintOf('for'),
  },
];
