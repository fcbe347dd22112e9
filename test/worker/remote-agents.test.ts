import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import type { AgentRun } from '../../src/worker/agent-runs.js';
import { createRemoteAgents, toServerThread } from '../../src/worker/remote-agents.js';
import type { CutReason } from '../../src/worker/running-jobs.js';
import { heldJob } from './held-job.js';

describe('toServerThread', () => {
  it('leaves a UUID as it is', () => {
    const id = '6432ec8b-d7ed-41b4-8baa-5cd7d2eb7820';

    expect(toServerThread(id)).toBe(id);
  });

  it('makes the same UUID of the same name, and another of another', () => {
    const [one, again, other] = ['thread-1', 'thread-1', 'thread-2'].map(toServerThread);

    expect(z.uuid().safeParse(one).success).toBe(true);
    expect(one).toBe(again);
    expect(one).not.toBe(other);
  });
});

const token = toBearerToken('a.token.text');
const closers: (() => unknown)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface FakeRun {
  readonly run_id: string;
  readonly metadata: { readonly graph_fleet_job: string };
  status: string;
}

/** A status and a body; `held` is never answered. */
type Answer = readonly [status: number, body: unknown] | 'held';

/** A server with these runs, oldest first, whose conversation is over; `answers` go before its own, by path and method. */
async function serverWith(
  runs: readonly FakeRun[],
  answers: Readonly<Record<string, (count: number) => Answer>> = {},
) {
  const asked: string[] = [];
  const own = (method: string, url: URL): Answer => {
    const [, , , list, runId, what] = url.pathname.split('/');
    if (list === 'state') return [200, { values: { messages: said }, tasks: [], next: [] }];
    if (list !== 'runs' || method === 'POST') return [200, {}];
    const status = url.searchParams.get('status');
    const found = runs.filter((run) => status === null || run.status === status);
    if (runId === undefined) return [200, found.slice(0, Number(url.searchParams.get('limit')))];
    return what === undefined ? [200, runs.find(({ run_id }) => run_id === runId)] : [200, {}];
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    const name = `${request.method ?? ''} ${url.pathname.split('/').slice(3).join('/')}`;
    asked.push(name);
    server.emit(`asked ${name}`);
    const count = asked.filter((each) => each === name).length;
    const answer = answers[name]?.(count) ?? own(request.method ?? '', url);
    if (answer === 'held') return;
    const type = name.endsWith('/stream') ? 'text/event-stream' : 'application/json';
    response.writeHead(answer[0], { 'content-type': type });
    response.end(name.endsWith('/stream') ? '' : JSON.stringify(answer[1]));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const agents = createRemoteAgents(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    pauseMs: 1,
  });
  return { agents, asked, untilAsked: (name: string) => once(server, `asked ${name}`) };
}

const said = [
  { type: 'human', id: 'job-1', content: 'hello' },
  { type: 'ai', id: 'a', content: 'Good day.' },
];

const runOf = (jobId: string, status: string, name = jobId): FakeRun => ({
  ...{ run_id: name, metadata: { graph_fleet_job: jobId }, status },
});

function agentRun(jobId = 'job-1') {
  const controller = new AbortController();
  const noted: string[] = [];
  let reason: CutReason | undefined;
  let drain = (): void => undefined;
  const run: AgentRun = {
    job: heldJob({ jobId, root: jobId }),
    token,
    principal: { subject: 'alice', issuer: 'i', organization: 'acme', role: 'member' } as never,
    signal: controller.signal,
    cutReason: () => reason,
    onDrain: (given) => (drain = given),
    tell: () => Promise.resolve(),
    onAnswer: () => Promise.resolve(),
    onServerRun: () => Promise.resolve(void noted.push('run')),
  };
  return {
    ...{ run, noted, drain: () => drain() },
    cut: (given: CutReason) => {
      reason = given;
      controller.abort();
    },
  };
}

describe('createRemoteAgents', () => {
  it('finds a server away that does not answer', async () => {
    expect(await createRemoteAgents('http://127.0.0.1:9').findAway()).toBe('agent-server');
  });

  it('joins the run of a job, however many runs its thread has had', async () => {
    const earlier = Array.from({ length: 1_200 }, (_, at) => runOf(`old-${at}`, 'success'));
    const own = runOf('job-1', 'running');
    const { agents, asked } = await serverWith([...earlier, own], {
      'GET runs/job-1/join': () => {
        own.status = 'success';
        return [200, {}];
      },
    });

    expect(await agents.run(agentRun().run)).toEqual({ result: 'done', message: 'Good day.' });
    expect(asked).toContain('GET runs/job-1/stream');
    expect(asked).not.toContain('POST runs');
  });

  it('takes a server as busy that has another run on the thread, known before or not', async () => {
    const words = 'Thread is already running a task. Wait for it to finish.';
    const known = await serverWith([runOf('other', 'pending')]);
    const unknown = await serverWith([], { 'POST runs': () => [422, { error: words }] });
    const { run, noted } = agentRun('job-2');

    await expect(known.agents.run(run)).rejects.toMatchObject({ name: 'AgentServerBusyError' });
    expect(noted).toEqual([]);
    await expect(unknown.agents.run(run)).rejects.toMatchObject({ name: 'AgentServerBusyError' });
    expect(noted).toEqual(['run']);
  });

  it('takes any other refusal of a run as what it is', async () => {
    const { agents } = await serverWith([], { 'POST runs': () => [422, { error: 'No such field.' }] });

    await expect(agents.run(agentRun('job-2').run)).rejects.toMatchObject({ status: 422 });
  });

  it.each([
    ['stream', 'GET runs/job-1/stream'],
    ['end', 'GET runs/job-1/join'],
  ])(
    'leaves a run to the next attempt when the worker stops while it waits for its %s',
    async (_title, name) => {
      const { agents, asked, untilAsked } = await serverWith([runOf('job-1', 'running')], {
        [name]: () => 'held',
      });
      const { run, drain } = agentRun();
      const running = expect(agents.run(run)).rejects.toMatchObject({ name: 'RunDrainedError' });
      await untilAsked(name);
      drain();

      await running;
      expect(asked.filter((each) => each.startsWith('POST runs'))).toEqual([]);
    },
  );

  it('stops waiting for the end of a run that is cancelled', async () => {
    const { agents, untilAsked } = await serverWith([runOf('job-1', 'running')], {
      'GET runs/job-1/join': () => 'held',
    });
    const { run, cut } = agentRun();
    const running = expect(agents.run(run)).rejects.toMatchObject({ name: 'AbortError' });
    await untilAsked('GET runs/job-1/join');
    cut('cancelled');

    await running;
  });

  it('ends the run of a job and no other, and tries again when that fails', async () => {
    const runs = [runOf('job-1', 'running', 'own'), runOf('job-2', 'pending', 'other')];
    const { agents, asked } = await serverWith(runs, {
      'POST runs/own/cancel': (count) => [count < 3 ? 500 : 204, ''],
    });

    expect(await agents.stopRun?.(heldJob(), token)).toBe(true);
    expect(asked.filter((name) => name.startsWith('POST'))).toEqual(Array(3).fill('POST runs/own/cancel'));
  });

  it('says that a run was not ended when the server never confirmed it', async () => {
    const { agents, asked } = await serverWith([runOf('job-1', 'running', 'own')], {
      'POST runs/own/cancel': () => [500, ''],
    });

    expect(await agents.stopRun?.(heldJob(), token)).toBe(false);
    expect(asked.filter((name) => name.startsWith('POST'))).toHaveLength(3);
  });
});
