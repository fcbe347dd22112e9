/**
 * Jobs through one, two and four workers, and the same runs through the LangGraph development server’s own queue: how many
 * a second, and how soon the first event comes. Needs redis-server and PostgreSQL on this machine.
 */
import { randomUUID } from 'node:crypto';
import type { WorkerClient } from '../src/worker-client/worker-client.js';
import { createWorkerClient } from '../src/worker-client/worker-client.js';
import { isQuick } from './bench-mode.js';
import type { Figure } from './figures.js';
import { publish } from './figures.js';
import type { FleetPerson, FleetProcesses } from './fleet-processes.js';
import { fleetPeople, startFleetProcesses } from './fleet-processes.js';
import { toMedian } from './samples.js';

const agent = 'aws_rds_instance_creator';
const jobs = isQuick ? 40 : 200;
const singles = isQuick ? 10 : 40;

/** A way to have a message answered; resolves when the answer has come. */
type Ask = (person: FleetPerson, onFirst: () => void) => Promise<void>;

const fleet = await startFleetProcesses();
const client = createWorkerClient({ redis: fleet.redisUrl, sealKey: fleet.sealKey });
for (const workers of [1, 2, 4]) {
  while (fleet.workers() < workers) await fleet.addWorker();
  const setting = workers === 1 ? '1 worker' : `${String(workers)} workers`;
  publish(await measure(askWorkers(client, fleet), setting));
}
publish(await measure(askDevelopmentServer(fleet), 'LangGraph’s development server'));
await client.close();
await fleet.close();

async function measure(ask: Ask, setting: string): Promise<Figure[]> {
  for (const person of fleetPeople) await ask(person, () => undefined);
  const waits: number[] = [];
  for (let asked = 0; asked < singles; asked += 1) {
    const startedAt = performance.now();
    await ask(personOf(asked), () => waits.push(performance.now() - startedAt));
  }
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: jobs }, (_none, index) => ask(personOf(index), () => undefined)));
  const value = (jobs * 1000) / (performance.now() - startedAt);
  return [
    { setting, what: 'jobs a second', value, unit: 'jobs', samples: jobs },
    toMedian(waits, { setting, what: 'from enqueue to the first event' }),
  ];
}

function personOf(index: number): FleetPerson {
  const person = fleetPeople[index % fleetPeople.length];
  if (person === undefined) throw new RangeError('There is nobody who asks.');
  return person;
}

function askWorkers(workerClient: WorkerClient, { token }: FleetProcesses): Ask {
  return async (person, onFirst) => {
    const job = { agent, threadId: randomUUID(), input: 'hello', org: person.org };
    const { jobId } = await workerClient.enqueue({ ...job, token: await token(person) });
    let isFirst = true;
    for await (const { event } of workerClient.follow(jobId)) {
      if (isFirst) onFirst();
      isFirst = false;
      if (event.type === 'ended' && event.result !== 'done') throw new Error(`A job ended: ${event.message}`);
    }
  };
}

function askDevelopmentServer({ developmentServer, token }: FleetProcesses): Ask {
  return async (person, onFirst) => {
    const response = await fetch(`${developmentServer}/threads/${randomUUID()}/runs/stream`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${await token(person)}` },
      body: JSON.stringify({
        assistant_id: agent,
        input: { messages: [{ role: 'user', content: 'hello' }] },
        stream_mode: ['messages'],
        if_not_exists: 'create',
      }),
    });
    if (!response.ok || response.body === null) throw new Error(`A run was refused: ${response.status}`);
    let isFirst = true;
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      if (isFirst && chunk.includes('event:')) {
        isFirst = false;
        onFirst();
      }
      if (chunk.includes('event: error')) throw new Error(`A run failed: ${chunk}`);
    }
  };
}
