/** Sentences for messages that ask for nothing the tools can do. */
import type { CloudResource } from '../../contracts/cloud-resource-tools.js';
import type { RequestState } from './request-state.js';
import type { Ending } from './tool-result.js';
import { exampleRequest, shown } from './wording.js';

/** Says that a message was not understood, and gives one that would be. */
export function tellUnclear({ isOpen, created }: RequestState): string {
  const lead =
    'I did not understand that: I am the offline model and know requests for an RDS instance in English only.';
  if (isOpen) {
    return `${lead} Your request is still open: answer with values, e.g. "dev, 50 GB, subnet-a1 and subnet-b2", say "yes" to the proposals, or "cancel".`;
  }
  const example = created.length > 0 ? 'What is its state?' : exampleRequest;
  return `${lead} For example: "${example}"`;
}

/** Says that existing resources cannot be changed. */
export function tellNoChange(resource: CloudResource | undefined): string {
  const which =
    resource === undefined ? 'a resource that exists' : `${shown(resource.name)}, now that it exists`;
  return `I cannot change or delete ${which}: I have tools to create, find and read only. I can create another instance or tell a state.`;
}

/** Says that a thing is not an RDS instance of a known engine. */
export function tellNoThing(thing: string): string {
  return (
    `I cannot create that (${shown(thing)}): I create AWS RDS instances with postgres, mysql, mariadb, oracle-se2 or sqlserver-ex. ` +
    `For example: "${exampleRequest}"`
  );
}

/** Says that no request is waiting any more. */
export function tellCancelled(resource: CloudResource | undefined): string {
  const existing =
    resource === undefined ? '' : ` ${shown(resource.name)} exists and stays: I cannot delete it.`;
  return `Nothing is waiting now, and nothing more is created.${existing}`;
}

/** Asks what to change after a bare no. */
export function tellDeclined(): string {
  return 'What shall I change? Give the new value, e.g. "50 GB" or "in staging", or say "cancel".';
}

/** Says why a bare yes does not start the request again. */
export function tellWaiting(halt: Ending | undefined): string {
  const ending = halt === undefined || halt === 'lost' ? 'without an answer' : `with "${halt}"`;
  return `The last try ended ${ending}, so I wait. Say "try again", or tell me what to change.`;
}

/** Answers thanks. */
export function tellThanks(resource: CloudResource | undefined): string {
  return resource === undefined
    ? 'You are welcome.'
    : `You are welcome. Ask "state?" to see how far ${shown(resource.name)} is.`;
}
