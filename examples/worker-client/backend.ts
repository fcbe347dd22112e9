/** A backend: hands a message to the workers, shows what the agent says, and lets the person decide. */
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import { createWorkerClient } from 'graph-fleet/worker-client';

const { REDIS_URL = '', TOKEN_SEAL_KEY = '', USER_TOKEN: token = '' } = process.env;
const [input = 'Which organizations do I belong to?', threadId = randomUUID()] = process.argv.slice(2);
const client = createWorkerClient({ redis: REDIS_URL, sealKey: TOKEN_SEAL_KEY });
const terminal = createInterface(process.stdin, process.stdout);

async function show(jobId: string): Promise<void> {
  let isAsked = false;
  for await (const { event } of client.follow(jobId)) {
    if (event.type === 'text') process.stdout.write(event.text);
    if (event.type === 'approval-wanted') isAsked = true;
    if (event.type === 'ended') process.stdout.write(`\n[${event.result}]\n`);
  }
  if (!isAsked) return;
  const type = (await terminal.question('Approve? ')) === 'yes' ? 'approve' : 'reject';
  const answer = await client.answer({ of: jobId, decisions: [{ type }], token });
  await show(answer.jobId);
}

const agent = 'aws_rds_instance_creator';
const { jobId } = await client.enqueue({ agent, threadId, input, org: 'acme', token });
await show(jobId);
terminal.close();
await client.close();
