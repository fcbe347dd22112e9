/**
 * One run of a thread that is kept in a SQLite file, in a process of its own.
 * Reads a {@link ChildRun} as JSON from stdin, so that no token stands in the process arguments; prints the outcome.
 */
import { text } from 'node:stream/consumers';
import { openCheckpointer } from '../../src/server/open-checkpointer.js';
import { ScriptedModel } from '../../src/testing/scripted-model.js';
import { createTestGraph, openConversation } from './test-agent.js';

/** What a child process is told. */
export interface ChildRun {
  /** The SQLite file. */
  readonly file: string;
  readonly serverUrl: string;
  readonly issuer: {
    readonly issuer: string;
    readonly jwks: { readonly keys: readonly Record<string, unknown>[] };
  };
  readonly token: string;
  readonly threadId: string;
  readonly action: { readonly say: string } | { readonly resume: unknown } | 'go-on';
  /** Dies when the graph stores its next checkpoint, after what the step did elsewhere. */
  readonly dieAtCheckpoint?: boolean;
}

/** What a child process prints. */
export interface ChildOutcome {
  readonly asked: boolean;
  readonly last: string;
}

async function main(): Promise<void> {
  // The parent process wrote it.
  const run = JSON.parse(await text(process.stdin)) as ChildRun;
  const { checkpointer, close } = await openCheckpointer({ url: undefined, file: run.file });
  if (run.dieAtCheckpoint === true) dieAtCheckpoint(checkpointer);
  const graph = createTestGraph({
    model: new ScriptedModel((messages) =>
      messages.at(-1)?.type === 'human' ? [{ name: 'make_thing', args: { name: 'a' } }] : 'done',
    ),
    checkpointer,
    issuer: run.issuer,
    mcpServers: { platform: { type: 'http', url: run.serverUrl, auth: { mode: 'forward' } } },
  });
  const thread = openConversation(graph, run.threadId, () => run.token);
  const { action } = run;
  const state = await (action === 'go-on'
    ? thread.goOn()
    : 'say' in action
      ? thread.say(action.say)
      : thread.resume(action.resume));
  const outcome: ChildOutcome = {
    asked: state.__interrupt__ !== undefined,
    last: state.messages.at(-1)?.text ?? '',
  };
  process.stdout.write(JSON.stringify(outcome));
  await close();
}

function dieAtCheckpoint(checkpointer: Awaited<ReturnType<typeof openCheckpointer>>['checkpointer']): void {
  const put = checkpointer.put.bind(checkpointer);
  checkpointer.put = (...args) => {
    // The ledger's records stand under names of their own.
    if (String(args[0].configurable?.['thread_id']).startsWith('approval:')) return put(...args);
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => undefined);
  };
}

await main();
