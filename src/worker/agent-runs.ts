/** What a worker asks of the place where the agents run: this process, or an agent server. */
import type { BearerToken } from '../auth/bearer-token.js';
import type { Principal } from '../auth/principal.js';
import type { JobEvent } from '../contracts/worker-jobs.js';
import type { JobEnd } from './job-ends.js';
import type { HeldJob } from './job-record.js';
import type { CutReason } from './running-jobs.js';

/** One run of an agent for a job. */
export interface AgentRun {
  readonly job: HeldJob;
  readonly token: BearerToken;
  readonly principal: Principal;
  /** Aborts when the run must stop at once. */
  readonly signal: AbortSignal;
  /** Why it must; undefined when it need not. */
  readonly cutReason: () => CutReason | undefined;
  /** Registers what lets the run end the step that it is in, and begin no other. */
  onDrain(drain: () => void): void;
  tell(event: JobEvent): Promise<void>;
  /** Called right before the person’s decisions are handed to the agent. */
  onAnswer(): Promise<void>;
  /** Called right before a run is made that goes on without this worker. */
  onServerRun(): Promise<void>;
}

/** The run stopped between two steps because it was asked to; another attempt goes on. */
export class RunDrainedError extends Error {
  constructor() {
    super('The run stopped between two steps.');
    this.name = 'RunDrainedError';
  }
}

/** The agent server cannot take the run now, for a reason that passes; another attempt goes on. */
export class AgentServerBusyError extends Error {
  constructor() {
    super('The agent server cannot take the run now.');
    this.name = 'AgentServerBusyError';
  }
}

/** Runs agents. */
export interface Agents {
  /**
   * Does what is left to do for a job, and tells how its turn ended or what it waits for.
   *
   * @throws {@link RunDrainedError} when it was asked to stop between steps.
   * @throws {@link AgentServerBusyError} when an agent server cannot take it now.
   * @throws {@link FleetError} of a refused token or person; what the run was cut by; any error of the agent’s.
   */
  run(run: AgentRun): Promise<JobEnd>;
  /**
   * Ends the run that a job has on an agent server, whichever attempt made it. Gives false when the server did not
   * confirm it. Left out where no run outlives its worker.
   */
  stopRun?(job: HeldJob, token: BearerToken): Promise<boolean>;
  /** What the runs cannot do without, and cannot reach now: its name; undefined when all of it answers. */
  findAway(): Promise<string | undefined>;
  close(): Promise<void>;
}
