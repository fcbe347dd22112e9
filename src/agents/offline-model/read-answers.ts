/** Reads bare values, such as "16.4" or "orders-db", as answers to what was asked for. */
import type { Draft, DraftField, PlaceHint } from './draft.js';

/** Words that answer no question by themselves. */
const filler = new Set(
  (
    'a again all an and any anything back bye class database default defaults done engine environment fine good great ' +
    'group hello help hey hi hm how instance it later maybe me more name never no none nope nothing now ok okay one ' +
    'organization please port proceed ready security size small some something sorry stop storage subnet subnets sure ' +
    'test thanks that the them then there this up user version wait what when where who why yeah yep yes you'
  ).split(' '),
);

/** Smallest storage that may be given; a smaller bare number is a version. */
const smallestStorageGb = 20;

const listMark = /^(?:[-*]|\d{1,2}[.)])\s+/;
const dottedNumber = /^v?(\d{1,4}(?:\.\d{1,4}){1,3})$/;
const wholeNumber = /^\d{1,9}$/;
const slug = /^[a-z][a-z0-9-]{0,62}$/i;

/**
 * Reads the parts of a message that are nothing but a value.
 *
 * @param rest what is left of the message after everything else was understood
 */
export function readAnswers(rest: string, context: AnswerContext): Draft {
  const parts = rest
    .split(/[,;\n\u00b7]|\band\b/)
    .map((part) =>
      part
        .trim()
        .replace(listMark, '')
        .replace(/[.!"'`]+$/, '')
        .replace(/^["'`]+/, ''),
    )
    .filter((part) => part !== '');
  const isAlone = parts.length === 1 && !rest.includes('\u00b7');
  const answers = parts.map((part) => readPart(part, { ...context, isAlone }));
  return Object.assign({}, ...answers, { places: answers.flatMap(({ places = [] }) => places) }) as Draft; // each is one
}

/** What bare answers are read against. */
export interface AnswerContext {
  /** The fields that are still open. */
  readonly expected: ReadonlySet<DraftField>;
  /** Tells a word that names a known organization or environment. */
  readonly isPlace: (word: string) => boolean;
}

interface PartContext extends AnswerContext {
  /** Whether the message is nothing but this part. */
  readonly isAlone: boolean;
}

function readPart(part: string, context: PartContext): Draft {
  const { expected } = context;
  const dotted = dottedNumber.exec(part)?.[1];
  if (dotted !== undefined) return expected.has('version') ? { version: dotted } : {};
  if (wholeNumber.test(part)) return readNumber(part, expected);
  if (!slug.test(part) || filler.has(part.toLowerCase())) return {};
  return readWord(part.toLowerCase(), context);
}

/** No engine that is offered has a whole version of twenty or more, so a larger number corrects the storage. */
function readNumber(digits: string, expected: ReadonlySet<DraftField>): Draft {
  const amount = Number(digits);
  if (expected.size === 0) return {};
  if (amount >= smallestStorageGb) return { storageGb: amount };
  if (expected.has('version')) return { version: digits };
  return expected.has('storageGb') ? { storageGb: amount } : {};
}

/** A word with a hyphen or a digit is taken for the name; a plain one may be a place, which only the lists can tell. */
function readWord(word: string, { expected, isAlone, isPlace }: PartContext): Draft {
  const isNameLike = /[-\d]/.test(word) || (isAlone && expected.size === 1);
  if (expected.has('name') && isNameLike) return { name: word };
  const isAsked = expected.has('organization') || expected.has('environment');
  const hint: PlaceHint = { word, lead: 'alone' };
  return isPlace(word) || (isAsked && isAlone) ? { places: [hint] } : {};
}
