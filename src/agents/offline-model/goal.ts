/** Decides what the person’s last message wants, in the light of where the thread stands. */
import { countDetails, hasDetails } from './draft.js';
import type { Draft } from './draft.js';
import { readSubject } from './read-intents.js';
import type { Intent } from './read-intents.js';
import type { Reading } from './read-request.js';
import type { RequestState } from './request-state.js';

/** What is wanted. */
export type Goal =
  | { readonly kind: 'create' }
  | { readonly kind: 'status'; readonly subject: string | undefined }
  | {
      readonly kind:
        'list-resources' | 'list-kinds' | 'list-environments' | 'list-organizations' | 'describe-kind';
    }
  | { readonly kind: 'introduce'; readonly isGreeting: boolean }
  | { readonly kind: 'refuse-thing'; readonly thing: string }
  | { readonly kind: 'refuse-change' | 'cancel' | 'decline' | 'wait' | 'thanks' | 'unclear' };

/** What a goal is chosen from. */
export interface Heard {
  readonly before: Pick<RequestState, 'isOpen' | 'halt' | 'created' | 'hasProposed'>;
  readonly reading: Reading;
  readonly intents: ReadonlySet<Intent>;
  readonly said: Draft;
}

const lists = [
  'list-kinds',
  'list-environments',
  'list-organizations',
  'describe-kind',
  'list-resources',
] as const satisfies readonly Intent[];

/** After these a bare "ok" is no wish to try again. */
const finalEndings: ReadonlySet<string | undefined> = new Set([
  'permission-denied',
  'unauthenticated',
  'token-expired',
  'contract',
  'unavailable',
  'cancelled',
  'unknown-result',
  'lost',
  'unreadable',
]);

/** Chooses the goal; a wish to create, to cancel or to know goes before an answer, an answer before small talk. */
export function chooseGoal(heard: Heard): Goal {
  return (
    explicitGoal(heard) ??
    lookGoal(heard) ??
    (heard.before.isOpen ? openGoal(heard) : freshGoal(heard)) ??
    smallTalk(heard)
  );
}

function explicitGoal({ before, reading, intents, said }: Heard): Goal | undefined {
  const isRevision = hasDetails(said) && /\b(?:use|instead|make it|but)\b/i.test(reading.text);
  if (intents.has('cancel') && !isRevision) return { kind: 'cancel' };
  if (intents.has('how-to')) return { kind: 'introduce', isGreeting: false };
  const wantsAnother = before.created.length > 0 && (intents.has('another') || intents.has('same'));
  if (intents.has('create') || (wantsAnother && !intents.has('question'))) {
    return reading.foreignThing === undefined
      ? { kind: 'create' }
      : { kind: 'refuse-thing', thing: reading.foreignThing };
  }
  if (intents.has('delete')) return { kind: 'refuse-change' };
  return intents.has('help') ? { kind: 'introduce', isGreeting: false } : undefined;
}

function lookGoal({ before, reading, intents, said }: Heard): Goal | undefined {
  const beyondPlaces = { ...said, environment: undefined, organization: undefined, name: undefined };
  const isAnswer = before.isOpen && countDetails(said) > 0 && !reading.text.trim().endsWith('?');
  const list = isAnswer ? undefined : lists.find((intent) => intents.has(intent));
  if (list !== undefined) return { kind: list };
  if (!intents.has('status') || countDetails(beyondPlaces) > 0) return undefined;
  return { kind: 'status', subject: said.name ?? readSubject(reading.text) };
}

function openGoal({ before, intents, said }: Heard): Goal | undefined {
  if (hasDetails(said) || intents.has('retry')) return { kind: 'create' };
  if (intents.has('decline')) return { kind: 'decline' };
  if (intents.has('thanks') && finalEndings.has(before.halt)) return { kind: 'thanks' };
  if (!intents.has('accept') || intents.has('question')) return undefined;
  return { kind: finalEndings.has(before.halt) ? 'wait' : 'create' };
}

function freshGoal({ before, reading, intents, said }: Heard): Goal | undefined {
  const isAboutExisting = before.created.length > 0 && (intents.has('change') || countDetails(said) > 0);
  if (isAboutExisting || intents.has('change')) return { kind: 'refuse-change' };
  if (reading.foreignThing !== undefined && said.engine !== undefined)
    return { kind: 'refuse-thing', thing: reading.foreignThing };
  return said.engine !== undefined || countDetails(said) >= 2 ? { kind: 'create' } : undefined;
}

function smallTalk({ intents }: Heard): Goal {
  if (intents.has('greeting')) return { kind: 'introduce', isGreeting: true };
  return { kind: intents.has('thanks') ? 'thanks' : 'unclear' };
}
