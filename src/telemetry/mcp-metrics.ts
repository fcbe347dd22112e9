/** What happens on the MCP side, counted for Prometheus. Every label comes from a closed set; none names a person. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { McpEvent, McpObserver, ToolListEnd } from '../mcp-client/mcp-observer.js';
import type { BreakerState } from '../mcp-client/server-breaker.js';
import { outcomes } from '../outcomes.js';
import type { MetricsSource } from './metrics-source.js';

/** What {@link createMcpMetrics} counts. */
export interface McpMetricsOptions {
  /** The configured servers; events of any other name are not counted. */
  readonly servers: readonly { readonly name: string }[];
}

/** Counts events and tells the sums. */
export interface McpMetrics extends MetricsSource {
  readonly observe: McpObserver;
}

/** Upper bounds in seconds; the longest deadline that a server can have is ten minutes. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

const listEnds: readonly ToolListEnd[] = ['expired', 'changed', 'refused', 'tool-not-found', 'replaced'];
const breakerStates: readonly BreakerState[] = ['closed', 'half-open', 'open'];
const callEnds = [...Object.keys(outcomes), 'aborted'];
const failures = Object.keys(outcomes).filter((name) => name !== 'ok');
/** The usual ones; any other shows when it comes. */
const refusals = ['unauthenticated', 'token-expired', 'permission-denied', 'contract'];

/** Creates metrics in a registry of their own, every series of every server at its first value. */
export function createMcpMetrics({ servers }: McpMetricsOptions): McpMetrics {
  const registry = new Registry();
  const series = defineSeries(registry);
  const names = new Set(servers.map(({ name }) => name));
  for (const server of names) begin(series, server);
  return {
    observe: (event) => {
      if (names.has(event.server)) count(series, event);
    },
    read: () => registry.metrics(),
  };
}

type Series = ReturnType<typeof defineSeries>;

function defineSeries(registry: Registry) {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, ...labels: Label[]) =>
    new Counter({ name: `graph_fleet_mcp_${name}`, help, labelNames: ['server', ...labels], registers });
  const gauge = <Label extends string>(name: string, help: string, ...labels: Label[]) =>
    new Gauge({ name: `graph_fleet_mcp_${name}`, help, labelNames: ['server', ...labels], registers });
  const seconds = (name: string, help: string) =>
    new Histogram({ name: `graph_fleet_mcp_${name}`, help, labelNames: ['server'], buckets, registers });
  return {
    connects: counter('connects_total', 'Connections made.'),
    connectFailures: counter('connect_failures_total', 'Connections that were not made.', 'outcome'),
    connectSeconds: seconds('connect_duration_seconds', 'Time to make a connection.'),
    clientsOpen: gauge('clients_open', 'Clients that are open: connections, sessions or processes.'),
    sessionsRenewed: counter('sessions_renewed_total', 'Sessions begun anew after the server ended them.'),
    listReads: counter('tool_list_reads_total', 'Lists of tools that were needed.', 'from'),
    listsForgotten: counter('tool_lists_forgotten_total', 'Lists of tools not used any more.', 'reason'),
    calls: counter('calls_total', 'Tool calls that ended.', 'outcome'),
    callSeconds: seconds('call_duration_seconds', 'Time of a tool call, its repetitions included.'),
    callsInFlight: gauge('calls_in_flight', 'Tool calls that wait for their end.'),
    readRetries: counter('read_retries_total', 'Reads made once more after a failure that passes.'),
    breakerState: gauge('breaker_state', '1 for the state of the circuit breaker, else 0.', 'state'),
    authFailures: counter('auth_failures_total', 'Requests whose credential was not accepted.', 'outcome'),
  };
}

/** A series that is there from the beginning shows its first failure as a rise. */
function begin(series: Series, server: string): void {
  const { connects, clientsOpen, sessionsRenewed, callsInFlight, readRetries } = series;
  for (const counter of [connects, sessionsRenewed, readRetries]) counter.inc({ server }, 0);
  for (const gauge of [clientsOpen, callsInFlight]) gauge.set({ server }, 0);
  for (const histogram of [series.connectSeconds, series.callSeconds]) histogram.zero({ server });
  for (const from of ['memory', 'server']) series.listReads.inc({ server, from }, 0);
  for (const reason of listEnds) series.listsForgotten.inc({ server, reason }, 0);
  for (const outcome of callEnds) series.calls.inc({ server, outcome }, 0);
  for (const outcome of failures) series.connectFailures.inc({ server, outcome }, 0);
  for (const outcome of refusals) series.authFailures.inc({ server, outcome }, 0);
  setBreaker(series, server, 'closed');
}

function count(series: Series, event: McpEvent): void {
  const { server } = event;
  switch (event.kind) {
    case 'connected':
      series.connects.inc({ server });
      series.connectSeconds.observe({ server }, event.durationMs / 1000);
      break;
    case 'connect-failed':
      series.connectFailures.inc({ server, outcome: event.outcome });
      break;
    case 'client-opened':
      series.clientsOpen.inc({ server });
      break;
    case 'client-closed':
      series.clientsOpen.dec({ server });
      break;
    case 'session-renewed':
      series.sessionsRenewed.inc({ server });
      break;
    case 'tools-read':
      series.listReads.inc({ server, from: event.from });
      break;
    case 'tools-forgotten':
      series.listsForgotten.inc({ server, reason: event.reason });
      break;
    case 'call-began':
      series.callsInFlight.inc({ server });
      break;
    case 'call-ended':
      series.callsInFlight.dec({ server });
      series.calls.inc({ server, outcome: event.outcome });
      series.callSeconds.observe({ server }, event.durationMs / 1000);
      break;
    case 'read-repeated':
      series.readRetries.inc({ server });
      break;
    case 'breaker-changed':
      setBreaker(series, server, event.state);
      break;
    case 'person-refused':
      series.authFailures.inc({ server, outcome: event.outcome });
      break;
  }
}

function setBreaker({ breakerState }: Series, server: string, now: BreakerState): void {
  for (const state of breakerStates) breakerState.set({ server, state }, state === now ? 1 : 0);
}
