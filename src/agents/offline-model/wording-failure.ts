/** Sentences about tool calls that failed or cannot be made. */
import { outcomes } from '../../outcomes.js';
import type { FailedResult } from './tool-result.js';
import { shown } from './wording.js';

interface FailedCall {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

const attempts: Readonly<Record<string, string>> = {
  list_organizations: 'list your organizations',
  list_environments_for_org: 'list the environments',
  list_cloud_resource_kinds: 'list the resource kinds',
  get_cloud_resource_schema: 'read the fields of AwsRdsInstance',
  create_cloud_resource: 'create the instance',
  get_cloud_resource_by_id: 'read the resource',
  search_cloud_resources: 'search the resources',
};

const nextSteps: Readonly<Record<FailedResult['ending'], string>> = {
  'invalid-argument': 'Correct it and ask again.',
  unauthenticated: 'Sign in again, then say "try again". Nothing was changed.',
  'token-expired': 'Sign in again, then say "try again". Nothing was changed.',
  'permission-denied': 'I stop here; nothing was changed.',
  'not-found': 'Nothing was changed; check the spelling.',
  conflict: 'Nothing was created. Which other name shall it have?',
  unavailable: 'Nothing was changed. Say "try again" in a moment.',
  'unknown-result': 'Ask me to search for it before you try again.',
  cancelled: 'Nothing was changed.',
  contract: 'I do not use this tool until an administrator has looked at it; nothing was changed.',
  lost: 'Say "try again" to have me look once more.',
  unreadable: 'I do not try it a second time by myself; say "try again" if I should.',
};

/** Says what could not be done, why, what is wrong with which field, and what comes next. */
export function tellFailure({ name, args }: FailedCall, result: FailedResult): string {
  const attempt = attempts[name] ?? `use ${shown(name)}`;
  const issues = result.issues.map(
    ({ path, message }) => `\n- ${path === '' ? '' : `${shown(path)}: `}${shown(message)}`,
  );
  const parts = [
    `I could not ${attempt}.`,
    sentenceOf(result),
    permissionOf(name, args, result),
    nextSteps[result.ending],
    detailsOf(result),
  ];
  return `${parts.filter((part) => part !== '').join(' ')}${issues.join('')}`;
}

function sentenceOf({ ending, message }: FailedResult): string {
  if (message !== undefined && message !== '') return shown(message);
  if (ending === 'lost') return 'The call was left without an answer.';
  return ending === 'unreadable' ? 'The answer had no form that I know.' : outcomes[ending].user;
}

/** Names the permission and who grants it, where the message does not. */
function permissionOf(
  name: string,
  args: FailedCall['args'],
  { ending, message = '' }: FailedResult,
): string {
  if (ending !== 'permission-denied') return '';
  const where = [args.org_id, args.env_name]
    .filter((part) => typeof part === 'string')
    .map(shown)
    .join('/');
  const what = name === 'create_cloud_resource' ? `create AwsRdsInstance in ${where}` : `use ${name}`;
  const permission = message.includes(what) ? '' : `The missing permission: ${what}.`;
  const granter = /administrator/i.test(message) ? '' : 'An administrator of the organization can grant it.';
  return [permission, granter].filter((part) => part !== '').join(' ');
}

function detailsOf({ details }: FailedResult): string {
  return details === undefined || details === '' ? '' : `The answer read: "${shown(details)}".`;
}

const abilities: readonly (readonly [tool: string, ability: string])[] = [
  ['list_organizations', 'list organizations'],
  ['list_environments_for_org', 'list environments'],
  ['list_cloud_resource_kinds', 'list the kinds of resources'],
  ['get_cloud_resource_schema', 'show the fields of an RDS instance'],
  ['search_cloud_resources', 'search resources'],
  ['get_cloud_resource_by_id', 'tell the state of a resource'],
];

/** Says that a tool is not offered to this person, who can grant it, and what can still be done. */
export function tellNotOffered(tool: string, tools: ReadonlySet<string>): string {
  const attempt = tool === 'create_cloud_resource' ? 'create resources' : (attempts[tool] ?? `use ${tool}`);
  const left = abilities.filter(([name]) => tools.has(name)).map(([, ability]) => ability);
  const rest =
    left.length === 0
      ? 'There is nothing else I can do for you here.'
      : `What I still can do: ${left.join(', ')}.`;
  return (
    `I cannot ${attempt} for you: the tool ${tool} is not offered to you. ` +
    `An administrator of your organization can grant it. ${rest}`
  );
}
