/** Plans one answer of the model from a thread and the tools on offer. */
import type { BaseMessage } from '@langchain/core/messages';
import { readConversation } from './conversation.js';
import { planCreation } from './plan-creation.js';
import {
  planEnvironments,
  planFields,
  planKinds,
  planOrganizations,
  planResources,
  planStatus,
} from './plan-look.js';
import { readState } from './request-state.js';
import { say } from './step.js';
import type { Step, View } from './step.js';
import { readLimit } from './read-request.js';
import {
  tellCancelled,
  tellDeclined,
  tellNoChange,
  tellNoThing,
  tellThanks,
  tellUnclear,
  tellWaiting,
} from './wording-small-talk.js';
import { introduction, introductionLine, passwordNote, regionNote } from './wording.js';

/** Plans the next answer. A pure function: equal messages and tools give equal words and calls. */
export function planStep(messages: readonly BaseMessage[], tools: ReadonlySet<string>): Step {
  const conversation = readConversation(messages);
  const view: View = { conversation, state: readState(conversation), tools };
  const step = planGoal(view);
  return step.text === '' ? step : { ...step, text: addNotes(view, step.text) };
}

function planGoal(view: View): Step {
  const { goal } = view.state;
  switch (goal.kind) {
    case 'create':
      return planCreation(view);
    case 'status':
      return planStatus(view, goal.subject);
    case 'list-resources':
      return planResources(view);
    case 'list-kinds':
      return planKinds(view);
    case 'list-environments':
      return planEnvironments(view);
    case 'list-organizations':
      return planOrganizations(view);
    case 'describe-kind':
      return planFields(view);
    case 'introduce':
      return say(introduction(view.tools));
    case 'refuse-thing':
      return say(tellNoThing(goal.thing));
    default:
      return say(tellSmallTalk(view, goal.kind));
  }
}

type SmallTalk = 'refuse-change' | 'cancel' | 'decline' | 'wait' | 'thanks' | 'unclear';

function tellSmallTalk({ state }: View, kind: SmallTalk): string {
  switch (kind) {
    case 'refuse-change':
      return tellNoChange(state.created.at(-1));
    case 'cancel':
      return tellCancelled(state.created.at(-1));
    case 'decline':
      return tellDeclined();
    case 'wait':
      return tellWaiting(state.halt);
    case 'thanks':
      return tellThanks(state.created.at(-1));
    case 'unclear':
      return tellUnclear(state);
  }
}

/** What must be said beside any answer: who speaks, at the first greeting, and what was not used of the message. */
function addNotes({ state }: View, text: string): string {
  const { reading, goal, spoken } = state;
  const isFirstGreeting =
    spoken === 1 && goal.kind !== 'introduce' && /^\W{0,3}(?:hi|hello|hey|good \w+)\b/i.test(reading.text);
  const notes = [
    isFirstGreeting ? introductionLine : '',
    text,
    reading.mentionsPassword ? passwordNote : '',
    reading.region === undefined ? '' : regionNote(reading.region),
    reading.wasCut ? `I read the first ${readLimit} characters of your message and left the rest.` : '',
  ];
  return notes.filter((note) => note !== '').join('\n\n');
}
