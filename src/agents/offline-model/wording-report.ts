/** Sentences that report what the platform answered. */
import { outcomes } from '../../outcomes.js';
import type { CloudResource } from '../../contracts/cloud-resource-tools.js';
import type { Kind, KindFields, Place } from './tool-result.js';
import { toMembers } from './tool-result.js';
import { namePlaces, shown } from './wording.js';
import { readRequest } from './read-request.js';

const maxListed = 20;

/** Reports a created resource, from the answer and not from what was asked for: an approval may have changed it. */
export function tellCreated(resource: CloudResource): string {
  const { name, id, org, env, state, credentials_url: url } = resource;
  const credentials =
    url === undefined
      ? 'The platform keeps the password sealed and gives it once to you alone.'
      : `The platform keeps the password sealed; fetch it once with your own token: POST ${shown(url)}`;
  return (
    `${shown(name)} is recorded in ${shown(org)}/${shown(env)}. Its id is ${shown(id)} and its state is ${state}${messageOf(resource)}. ` +
    `${fieldsOf(resource)}Ask "state?" at any time to see how far it is.\n\n${credentials}`
  );
}

function fieldsOf({ spec = {} }: CloudResource): string {
  const { engine, engine_version: version, instance_class: size, allocated_storage_gb: storage } = spec;
  if (engine === undefined) return '';
  return `It is ${shown(engine)} ${shown(version)} on ${shown(size)} with ${shown(storage)} GB. `;
}

/** Reports the state of a resource. */
export function tellState(resource: CloudResource): string {
  const { name, id, org, env, state, cloud_resource_kind: kind } = resource;
  return `${shown(name)} (${shown(kind)} in ${shown(org)}/${shown(env)}, id ${shown(id)}) is ${state}${messageOf(resource)}.`;
}

function messageOf({ state_message: message }: CloudResource): string {
  return message === undefined ? '' : ` ("${shown(message)}")`;
}

/** Says that there is no resource that "it" could mean. */
export function tellNothingToShow(): string {
  return 'I have seen no resource in this conversation. Name it, e.g. "status of orders-db", or ask me to "list my instances".';
}

/** Reports resources that a search found. */
export function tellFound(resources: readonly CloudResource[], name: string | undefined): string {
  const what = name === undefined ? 'resources' : `resources named ${shown(name)}`;
  if (resources.length === 0) return `I found no ${what} that you may see.`;
  const lines = resources.slice(0, maxListed).map((resource) => `- ${tellState(resource)}`);
  return listed(`I found ${resources.length}:`, lines, resources.length);
}

/** Reports the kinds of resources. */
export function tellKinds(kinds: readonly Kind[]): string {
  const lines = kinds
    .slice(0, maxListed)
    .map(({ kind, provider = '' }) => `- ${shown(kind)} (${shown(provider)})`);
  return listed('The platform has these kinds; I create AwsRdsInstance only:', lines, kinds.length);
}

/** Reports the organizations. */
export function tellOrganizations(organizations: readonly Place[]): string {
  return `Your organizations: ${namePlaces(organizations)}.`;
}

/** Reports the environments of an organization. */
export function tellEnvironments(organization: string, environments: readonly Place[]): string {
  return `The environments of ${shown(organization)}: ${namePlaces(environments)}.`;
}

/** Reports the fields of an RDS instance. */
export function tellFields({ properties, required }: KindFields): string {
  const lines = Object.entries(properties)
    .filter(([, property]) => toMembers(property).writeOnly !== true)
    .map(([name, property]) => {
      const description = toMembers(property).description;
      const need = required.includes(name) ? ' (required)' : '';
      return `- ${shown(name)}${need}${typeof description === 'string' ? `: ${shown(description)}` : ''}`;
    });
  return `The fields of AwsRdsInstance:\n${lines.join('\n')}`;
}

function listed(lead: string, lines: readonly string[], total: number): string {
  const more = total > lines.length ? [`- and ${total - lines.length} more`] : [];
  return [lead, ...lines, ...more].join('\n');
}

/** Says that a call succeeded with an answer in an unknown form. */
export function tellUnreadable(): string {
  return 'The platform said yes, in a form that I cannot read. I do not repeat the call; ask me to "list my instances" to see.';
}

/** Says what a look after a lost answer found; undefined when the look itself failed. */
export function tellLost(look: { readonly hit: CloudResource | undefined } | undefined): string {
  const lead = 'The answer to the request was lost, so it was not known whether the instance was created.';
  if (look === undefined) return `${lead} I could not look for it either.`;
  if (look.hit === undefined)
    return `${lead} I looked: there is no instance of that name. Say "try again" if I should ask once more.`;
  return `${lead} I looked, and it is there. ${tellState(look.hit)} I do not ask for it again.`;
}

/** Takes a rejected approval to heart: nothing was created, and the reason was heard. */
export function tellRejected(reason: string | undefined, isOpen: boolean): string {
  const text = reason === outcomes.cancelled.user ? '' : (reason ?? '');
  // A reason with a password in it must not come back in an answer.
  const heard = text === '' || readRequest(text).mentionsPassword ? '' : ` The answer was: "${shown(text)}".`;
  const next = isOpen
    ? 'Tell me what to change, e.g. "use 50 GB instead", or say "cancel".'
    : 'Nothing is waiting now.';
  return `The request was declined, and nothing was created.${heard} ${next}`;
}
