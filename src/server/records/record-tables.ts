/** The agent server’s tables as its queries see them; `record-migrations.ts` makes them. Times are ISO 8601, UTC. */
import type { RunStatus, ThreadStatus } from '@langchain/langgraph-api/storage';

/** A server that accepts runs; its row goes when it stops, or when another finds that it is gone. */
interface ServerRow {
  server_id: string;
  started_at: string;
  /** When it was last heard of, in seconds since the epoch by the database’s own clock. */
  seen_at: number;
}

interface AssistantColumns {
  assistant_id: string;
  graph_id: string;
  name: string;
  description: string | null;
  /** JSON, as `context` and `metadata`. */
  config: string;
  context: string;
  metadata: string;
  version: number;
  created_at: string;
}

/** What a graph is offered as. */
export interface AssistantRow extends AssistantColumns {
  updated_at: string;
}

/** One thread. */
export interface ThreadRow {
  thread_id: string;
  /** The `owner` of its metadata, by which its person’s threads are found. */
  owner: string | null;
  status: ThreadStatus;
  /** JSON; so are `config`, `state_values` and `interrupts`. */
  metadata: string;
  config: string;
  /** The values of its newest checkpoint when its last run ended; null when there were none. */
  state_values: string | null;
  /** What it waits for, by task; null when no run has ended yet. */
  interrupts: string | null;
  /** Why its last run ended, for people; null unless its server stopped. */
  error: string | null;
  created_at: string;
  updated_at: string;
}

/** One run. */
export interface RunRow {
  run_id: string;
  thread_id: string;
  assistant_id: string;
  /** The server that accepted it: its token is in the memory of that one alone. */
  server_id: string;
  status: RunStatus;
  /** JSON, as `kwargs`. */
  metadata: string;
  kwargs: string;
  multitask_strategy: string;
  attempt: number;
  /** What another server asks of the one that executes it: `interrupt` or `rollback`. */
  cancel_action: string | null;
  /** Why it was closed, for people; null when it ended by itself. */
  error: string | null;
  /** When it may begin. */
  created_at: string;
  updated_at: string;
}

interface Tables {
  agent_servers: ServerRow;
  agent_assistants: AssistantRow;
  agent_assistant_versions: AssistantColumns;
  agent_threads: ThreadRow;
  agent_runs: RunRow;
}

/** Every table by name. */
export type RecordTables = Pick<Tables, keyof Tables>;
