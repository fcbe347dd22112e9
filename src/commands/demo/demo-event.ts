/** What happens in the demo, for whoever shows it. */

/** One row of the audit table. */
export interface AuditLine {
  readonly who: string;
  readonly action: string;
  readonly where: string;
  readonly what: string;
  readonly decision: string;
  readonly reason: string;
}

/** One thing that happened. */
export type DemoEvent =
  | {
      readonly event: 'started';
      readonly model: string;
      readonly agentServer: string;
      readonly platform: string;
    }
  | { readonly event: 'chapter'; readonly title: string }
  | { readonly event: 'said'; readonly who: string; readonly text: string }
  /** A piece of the agent’s answer, as it came over the wire. */
  | { readonly event: 'words'; readonly text: string }
  /** A tool call that was answered; `ending` is `ok` or the name of the outcome. */
  | { readonly event: 'tool'; readonly tool: string; readonly ending: string }
  | { readonly event: 'progress'; readonly tool: string; readonly state: string }
  | { readonly event: 'approval'; readonly tool: string; readonly request: string }
  | { readonly event: 'decided'; readonly who: string; readonly decision: string }
  /** Something the demo has checked and found so. */
  | { readonly event: 'checked'; readonly step: string; readonly fact: string }
  | { readonly event: 'audit'; readonly lines: readonly AuditLine[]; readonly reads: number }
  | { readonly event: 'failed'; readonly message: string };

/** Shows events. */
export interface Narrator {
  tell(event: DemoEvent): void;
  /** Says that every step went as it should; the last line there is. */
  finish(): void;
}
