import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { McpEvent } from '../../src/mcp-client/mcp-observer.js';
import { createMcpMetrics } from '../../src/telemetry/mcp-metrics.js';
import { readTables } from '../support/markdown.js';

const servers = [{ name: 'files' }, { name: 'notes' }];

/** What the metrics show after these events, as `name{labels} value` lines. */
async function linesAfter(...events: readonly McpEvent[]): Promise<readonly string[]> {
  const metrics = createMcpMetrics({ servers });
  for (const event of events) metrics.observe(event);
  return (await metrics.read()).split('\n');
}

const server = 'files';

describe('createMcpMetrics', () => {
  it.each<[McpEvent, readonly string[]]>([
    [
      { server, kind: 'connected', durationMs: 40 },
      ['connects_total{server="files"} 1', 'connect_duration_seconds_sum{server="files"} 0.04'],
    ],
    [
      { server, kind: 'connect-failed', outcome: 'unavailable' },
      ['connect_failures_total{server="files",outcome="unavailable"} 1', 'connects_total{server="files"} 0'],
    ],
    [{ server, kind: 'client-opened' }, ['clients_open{server="files"} 1']],
    [{ server, kind: 'client-closed' }, ['clients_open{server="files"} -1']],
    [{ server, kind: 'session-renewed' }, ['sessions_renewed_total{server="files"} 1']],
    [
      { server, kind: 'tools-read', from: 'memory' },
      ['tool_list_reads_total{server="files",from="memory"} 1'],
    ],
    [
      { server, kind: 'tools-forgotten', reason: 'changed' },
      ['tool_lists_forgotten_total{server="files",reason="changed"} 1'],
    ],
    [{ server, kind: 'call-began' }, ['calls_in_flight{server="files"} 1']],
    [
      { server, kind: 'call-ended', outcome: 'conflict', durationMs: 1500 },
      [
        'calls_in_flight{server="files"} -1',
        'calls_total{server="files",outcome="conflict"} 1',
        'call_duration_seconds_bucket{le="1",server="files"} 0',
        'call_duration_seconds_bucket{le="2.5",server="files"} 1',
      ],
    ],
    [{ server, kind: 'read-repeated' }, ['read_retries_total{server="files"} 1']],
    [
      { server, kind: 'breaker-changed', state: 'open' },
      [
        'breaker_state{server="files",state="open"} 1',
        'breaker_state{server="files",state="closed"} 0',
        'breaker_state{server="notes",state="closed"} 1',
      ],
    ],
    [
      { server, kind: 'person-refused', outcome: 'unauthenticated' },
      ['auth_failures_total{server="files",outcome="unauthenticated"} 1'],
    ],
  ])('counts $kind', async (event, expected) => {
    const lines = await linesAfter(event);

    expect(lines).toEqual(expect.arrayContaining(expected.map((line) => `graph_fleet_mcp_${line}`)));
  });

  it('counts nothing of a server that is not configured', async () => {
    const lines = await linesAfter({ server: 'made-up', kind: 'client-opened' });

    expect(lines).toEqual(await linesAfter());
  });

  it('shows every series before its first event, so that a first failure is a rise', async () => {
    const before = await linesAfter();
    const after = await linesAfter(
      { server, kind: 'connect-failed', outcome: 'contract' },
      { server, kind: 'call-ended', outcome: 'aborted', durationMs: 1 },
      { server, kind: 'tools-forgotten', reason: 'refused' },
      { server, kind: 'person-refused', outcome: 'permission-denied' },
    );

    expect(before.map(withoutValue)).toEqual(after.map(withoutValue));
  });

  it('shares no registry with another', async () => {
    const [one, other] = [createMcpMetrics({ servers }), createMcpMetrics({ servers })];
    one.observe({ server, kind: 'client-opened' });

    expect(await other.read()).toContain('graph_fleet_mcp_clients_open{server="files"} 0');
  });
});

describe('docs/health.md', () => {
  it('has one row for each metric, with its type and labels', async () => {
    const table = readTables(readFileSync('docs/health.md', 'utf8')).find(
      ({ header }) => header[0] === 'metric',
    );
    const told = (table?.rows ?? []).map(([name, type, labels = '']) => [
      name,
      type,
      [...labels.matchAll(/\w+/g)].join(),
    ]);

    expect(told).toEqual(await readMetrics());
  });
});

/** Each metric’s name, type and labels, without the one that a histogram adds. */
async function readMetrics(): Promise<readonly (readonly string[])[]> {
  const lines = await linesAfter();
  return lines.flatMap((line) => {
    const [, name = '', type = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (name === '') return [];
    const sample = lines.find((other) => new RegExp(`^${name}(?:_sum)?\\{`).test(other)) ?? '';
    return [[name, type, [...sample.matchAll(/(\w+)="/g)].map(([, label]) => label).join()]];
  });
}

function withoutValue(line: string): string {
  return line.startsWith('#') ? line : line.replace(/ \S+$/, '');
}
