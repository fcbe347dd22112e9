/** Which scenarios of the suite are run, and why the others are not. Nothing that a release lists is in neither table. */

/** A revision of MCP that both our client and our platform speak, and in which the suite can ask for it. */
export type Revision = '2025-11-25' | '2026-07-28';

/** Who is put to the test: `client` is what an agent has between its tools and a server, `server` the platform. */
export type Role = 'client' | 'server';

/** A scenario that must hold, in each release of the suite that has it. */
export interface Scenario {
  readonly role: Role;
  readonly name: string;
  readonly revisions: readonly Revision[];
  /** Checks that do not hold, by their id in the suite, each with the reason. One that holds after all is a failure. */
  readonly excused?: Readonly<Record<string, string>>;
}

/** Scenarios that are not run. */
export interface LeftOut {
  readonly role: Role;
  /** A name that ends in `*` stands for all that begin so. */
  readonly names: readonly string[];
  /** In which revision; in both when left out. */
  readonly revision?: Revision;
  readonly reason: string;
}

const older = ['2025-11-25'] as const;
const newer = ['2026-07-28'] as const;
const both = [...older, ...newer] as const;

const diagnosticTool = 'calls a tool of the suite’s own reference server';

export const scenarios: readonly Scenario[] = [
  { role: 'client', name: 'initialize', revisions: older },
  { role: 'client', name: 'sse-retry', revisions: older },
  { role: 'client', name: 'tools_call', revisions: both },
  { role: 'client', name: 'json-schema-2020-12-preservation', revisions: both },
  { role: 'client', name: 'json-schema-ref-no-deref', revisions: newer },
  { role: 'client', name: 'request-metadata', revisions: newer },
  { role: 'client', name: 'http-standard-headers', revisions: newer },
  { role: 'client', name: 'http-custom-headers', revisions: newer },
  { role: 'client', name: 'http-invalid-tool-headers', revisions: newer },

  { role: 'server', name: 'server-initialize', revisions: older },
  { role: 'server', name: 'ping', revisions: older },
  { role: 'server', name: 'tools-list', revisions: both },
  { role: 'server', name: 'dns-rebinding-protection', revisions: both },
  {
    role: 'server',
    name: 'server-stateless',
    revisions: newer,
    excused: {
      'sep-2575-server-rejects-undeclared-capability': diagnosticTool,
      'sep-2575-missing-capability-http-400': diagnosticTool,
      'sep-2575-http-server-no-independent-requests-on-stream': diagnosticTool,
      'sep-2575-server-no-log-without-loglevel': diagnosticTool,
      'sep-2575-server-sends-tools-list-changed-on-subscription': `${diagnosticTool} that changes the list`,
    },
  },
  { role: 'server', name: 'http-header-validation', revisions: newer },
  { role: 'server', name: 'server-sse-multiple-streams', revisions: newer },
  { role: 'server', name: 'input-required-result-unsupported-methods', revisions: newer },
  {
    role: 'server',
    name: 'caching',
    revisions: newer,
    excused: {
      'sep-2549-prompts-list-caching-hints': 'the platform has no prompts',
      'sep-2549-resources-list-caching-hints': 'the platform has no resources',
      'sep-2549-resources-templates-list-caching-hints': 'the platform has no resources',
    },
  },
];

export const leftOut: readonly LeftOut[] = [
  {
    role: 'client',
    names: ['auth/*'],
    reason:
      'a person signs in before a run begins: the agent forwards or exchanges a token and starts no OAuth flow',
  },
  {
    role: 'client',
    names: ['elicitation-sep1034-client-defaults', 'sep-2322-client-request-state'],
    reason:
      'the client declares no elicitation, so that no server may ask a person something in the middle of a call',
  },
  {
    role: 'server',
    names: [
      ...['tools-call-*', 'json-schema-2020-12', 'elicitation-sep1034-defaults', 'elicitation-sep1330-enums'],
      ...['input-required-result-*', 'http-custom-header-server-validation'],
    ],
    reason: 'calls tools of the suite’s own reference server, which the platform does not have',
  },
  {
    role: 'server',
    names: [
      'resources-*',
      'prompts-*',
      'completion-complete',
      'logging-set-level',
      'sep-2164-resource-not-found',
    ],
    reason: 'the platform offers tools, and declares no resources, prompts, completions or logging',
  },
  {
    role: 'server',
    names: ['server-session-lifecycle', 'server-sse-polling', 'server-sse-multiple-streams'],
    revision: '2025-11-25',
    reason: 'the platform keeps no sessions in either revision',
  },
];
