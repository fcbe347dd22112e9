/** A person who uses the agent server and the platform over HTTP, with a token of their own. */
import { z } from 'zod';
import type { DemoEvent } from './demo-event.js';
import type { RunResult } from './run-reader.js';
import { readRun } from './run-reader.js';
import { readServerEvents } from './server-events.js';
import { requireStep } from './step-failed-error.js';

/** What {@link createPerson} needs. */
export interface PersonOptions {
  /** Shown with what the person says. */
  readonly name: string;
  /** The person’s JWT. */
  readonly token: string;
  /** Root of the agent server. */
  readonly agentServer: string;
  readonly tell: (event: DemoEvent) => void;
  /** Ends whatever is under way. */
  readonly signal: AbortSignal;
}

/** One person with one thread. */
export interface Person {
  readonly name: string;
  /** Says something to the agent and follows the run. */
  say(text: string): Promise<RunResult>;
  /** Approves the open request, by its digest, and follows the run. */
  approve(digest: string): Promise<RunResult>;
  /** The tools that the platform offers to this person. */
  tools(): Promise<readonly string[]>;
  /** Asks the platform for a resource’s sealed fields. */
  collectCredentials(url: string): Promise<{ readonly status: number; readonly body: unknown }>;
}

const graphId = 'aws_rds_instance_creator';
const threadBody = z.object({ thread_id: z.string() });
const statusBody = z.object({
  servers: z.array(z.object({ state: z.string(), tools: z.array(z.string()) })),
});

/** Creates a person and their thread. */
export async function createPerson(options: PersonOptions): Promise<Person> {
  const { name, token, agentServer, tell, signal } = options;

  const request = (url: string, body?: unknown): Promise<Response> =>
    fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal,
    });

  const created = await request(`${agentServer}/threads`, {});
  requireStep(created.ok, `A thread for ${name} was answered with HTTP ${String(created.status)}.`);
  const { thread_id: threadId } = threadBody.parse(await created.json());

  const run = async (part: Readonly<Record<string, unknown>>): Promise<RunResult> => {
    const response = await request(`${agentServer}/threads/${threadId}/runs/stream`, {
      assistant_id: graphId,
      stream_mode: ['messages-tuple', 'updates', 'custom'],
      ...part,
    });
    requireStep(
      response.ok && response.body !== null,
      `A run of ${name} was answered with HTTP ${String(response.status)}.`,
    );
    return readRun(readServerEvents(response.body), tell);
  };

  return {
    name,
    say(text) {
      tell({ event: 'said', who: name, text });
      return run({ input: { messages: [{ role: 'user', content: text }] } });
    },
    approve(digest) {
      tell({ event: 'decided', who: name, decision: 'approves' });
      return run({ command: { resume: { decisions: [{ type: 'approve', digest }] } } });
    },
    async tools() {
      const response = await request(`${agentServer}/mcp/status`);
      requireStep(response.ok, `GET /mcp/status was answered with HTTP ${String(response.status)}.`);
      return statusBody.parse(await response.json()).servers.flatMap(({ tools }) => tools);
    },
    async collectCredentials(url) {
      const response = await request(url, {});
      const body: unknown = await response.json();
      return { status: response.status, body };
    },
  };
}
