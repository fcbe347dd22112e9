/** What the demo shows, step by step; each step is held to what must be true. */
import { z } from 'zod';
import type { CloudResource } from '../../contracts/cloud-resource-tools.js';
import { cloudResource } from '../../contracts/cloud-resource-tools.js';
import type { AuditFindings } from './audit-lines.js';
import { requireAudit } from './audit-lines.js';
import type { DemoEvent } from './demo-event.js';
import type { Person } from './person.js';
import type { AnsweredCall, OpenApproval, RunResult } from './run-reader.js';
import { requireStep } from './step-failed-error.js';

/** Who takes part. */
export interface Cast {
  readonly meet: (name: 'alice' | 'bob' | 'dave') => Promise<Person>;
  readonly readAudit: () => Promise<AuditFindings>;
  readonly tell: (event: DemoEvent) => void;
}

const createTool = 'create_cloud_resource';
const wish = 'I need a PostgreSQL 16.4 database in dev, private, 20 GB.';
const rest = (name: string): string =>
  `Call it ${name}, in subnet-a1 and subnet-b2. Your proposals are fine for everything else, go ahead.`;
/** A model may ask once more; the demo answers so often and then gives up. */
const mostAnswers = 3;

/**
 * Plays the whole story.
 *
 * @throws {@link StepFailedError} at the first step that is not as it should be.
 */
export async function playStory({ meet, readAudit, tell }: Cast): Promise<void> {
  const checked = (step: string, fact: string): void => tell({ event: 'checked', step, fact });

  tell({ event: 'chapter', title: 'Alice, a developer, asks for a database' });
  const alice = await meet('alice');
  const resource = await createAs(alice, 'orders-db');
  checked(
    'created',
    `${resource.name} is ${resource.state} in ${resource.org}/${resource.env}, id ${resource.id}`,
  );
  await askState(alice, resource);
  checked('state', 'the agent looked it up and told the state');
  await collectOnce(alice, resource);
  checked(
    'credentials',
    'the password came once, over HTTP, and is not shown here; the second request was refused',
  );

  tell({ event: 'chapter', title: 'Bob, a viewer, asks for the same' });
  await beRefused(await meet('bob'), 'reports-db');
  checked('refused', 'the platform refused Bob by policy, after he had approved');

  tell({ event: 'chapter', title: 'Dave, an auditor, asks for the same' });
  await beOfferedNothing(await meet('dave'));
  checked('not-offered', `${createTool} is missing from the tools that Dave's agent has`);

  tell({ event: 'chapter', title: 'What the audit trail says' });
  const { lines, reads, proof } = requireAudit(await readAudit());
  tell({ event: 'audit', lines, reads });
  checked('audit', `${proof}; it holds ${String(reads)} reads beside these`);
}

async function createAs(alice: Person, name: string): Promise<CloudResource> {
  // Half of what is needed first, so that the agent has something to ask.
  const asked = await alice.say(wish);
  const { approval } = isOpenEnded(asked) ? await insist(alice, await alice.say(rest(name))) : asked;
  requireStep(approval !== undefined, 'Alice was not asked for an approval.');
  requireStep(approval.request.includes(name), `The approval does not name ${name}.`);
  const { calls, states } = await alice.approve(approval.digest);
  const call = findCreate(calls);
  requireStep(
    call?.ending === 'ok',
    `After Alice's approval ${createTool} ended as "${call?.ending ?? 'not called'}".`,
  );
  requireStep(
    states.join() === 'pending,creating,available',
    `The states on the way were "${states.join()}" and not pending, creating, available.`,
  );
  const resource = cloudResource.parse(JSON.parse(call.content));
  requireStep(resource.state === 'available', `The resource is ${resource.state} and not available.`);
  requireStep(
    resource.created_by === 'alice',
    `The resource was created by ${resource.created_by} and not by alice.`,
  );
  return resource;
}

async function insist(person: Person, answer: RunResult): Promise<RunResult> {
  let result = answer;
  for (let answers = 0; answers < mostAnswers && isOpenEnded(result); answers += 1) {
    result = await person.say('Yes, as you propose; go ahead.');
  }
  return result;
}

/** The agent asked something back: it neither wants an approval nor tried to create. */
function isOpenEnded({ approval, calls }: RunResult): boolean {
  return approval === undefined && findCreate(calls) === undefined;
}

function findCreate(calls: readonly AnsweredCall[]): AnsweredCall | undefined {
  return calls.find(({ tool }) => tool === createTool);
}

async function askState(alice: Person, { name }: CloudResource): Promise<void> {
  const { said, calls } = await alice.say('What is its state?');
  const looked = calls.some(
    ({ tool, ending }) => /^(?:get|search)_cloud_resource/.test(tool) && ending === 'ok',
  );
  requireStep(looked, `The agent did not look ${name} up.`);
  requireStep(said.includes('available'), `The agent did not say that ${name} is available.`);
}

const credentialsBody = z.object({ credentials: z.object({ password: z.string().min(8) }) });

async function collectOnce(alice: Person, { credentials_url: url }: CloudResource): Promise<void> {
  requireStep(url !== undefined, 'The resource does not say where its password is.');
  const first = await alice.collectCredentials(url);
  requireStep(
    first.status === 200,
    `The password was answered with HTTP ${String(first.status)} and not 200.`,
  );
  requireStep(credentialsBody.safeParse(first.body).success, 'The answer holds no password.');
  const second = await alice.collectCredentials(url);
  requireStep(
    second.status === 410,
    `The second request was answered with HTTP ${String(second.status)} and not 410.`,
  );
}

async function beRefused(bob: Person, name: string): Promise<void> {
  const asked = await insist(bob, await bob.say(`${wish} ${rest(name)}`));
  const result =
    asked.approval === undefined ? asked : await bob.approve(requireOwnRequest(asked.approval, name));
  const call = findCreate(result.calls);
  requireStep(
    call?.ending === 'permission-denied',
    `Bob's ${createTool} ended as "${call?.ending ?? 'not called'}" and not as permission-denied.`,
  );
  requireStep(/permission|not allowed|may not|denied/i.test(result.said), 'The agent did not tell Bob why.');
}

function requireOwnRequest({ request, digest }: OpenApproval, name: string): string {
  requireStep(request.includes(name), `Bob was shown a request that does not name ${name}.`);
  return digest;
}

async function beOfferedNothing(dave: Person): Promise<void> {
  const tools = await dave.tools();
  requireStep(tools.length > 0 && !tools.includes(createTool), `Dave's tools are "${tools.join(', ')}".`);
  const { approval, calls, said } = await dave.say(wish);
  requireStep(approval === undefined && findCreate(calls) === undefined, `Dave's agent tried ${createTool}.`);
  requireStep(said !== '', 'The agent told Dave nothing.');
}
