/** On whose behalf a use case runs. */
import type { Principal } from '../auth/principal.js';

/** The verified principal together with what the audit trail tells the call by. */
export interface Caller {
  readonly principal: Principal;
  /** Identifies the request in logs, in error answers and in the audit trail. */
  readonly requestId: string;
  /** The program that the principal uses (claim `client_id`); undefined when the token names none. */
  readonly clientId?: string | undefined;
}
