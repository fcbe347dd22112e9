import { describe, expect, it } from 'vitest';
import { toCheckReport } from '../../../src/commands/mcp-check/check-report.js';
import type { ContractCheck } from '../../../src/commands/mcp-check/check-contracts.js';
import type { ServerCheck } from '../../../src/commands/mcp-check/check-server.js';

const up: ServerCheck = {
  name: 'cloud-platform',
  type: 'http',
  state: 'up',
  required: true,
  connectMs: 31,
  listMs: 12,
  tools: ['list_organizations', 'create_cloud_resource'],
  unusable: 0,
};
const down: ServerCheck = {
  ...up,
  name: 'notes',
  type: 'stdio',
  state: 'unavailable',
  connectMs: null,
  listMs: null,
  tools: [],
  fault: 'It cannot be used now: ENOENT.',
};

const same: ContractCheck = {
  tool: 'list_organizations',
  contract: 'same',
  server: 'cloud-platform',
  generation: 'own',
  notes: [],
};

describe('toCheckReport', () => {
  it('shows each server, what it offers or what to do, and whether the agents can work', () => {
    const contracts: readonly ContractCheck[] = [
      same,
      { ...same, tool: 'search', contract: 'not-offered', server: null, generation: null },
    ];

    expect(toCheckReport({ who: 'alice of acme', servers: [up, down], contracts })).toEqual([
      'alice of acme',
      '',
      'server          type   state        required  connect  list   tools',
      'cloud-platform  http   up           yes       31 ms    12 ms  2',
      'notes           stdio  unavailable  yes       -        -      0',
      '',
      'cloud-platform: list_organizations, create_cloud_resource',
      expect.stringMatching(/^notes: It cannot be used now: ENOENT\. Start it, /),
      '',
      'tool of the agents  contract     server          generation',
      'list_organizations  same         cloud-platform  own',
      'search              not-offered  -               -',
      '',
      '1 of 2 servers up; required and not up: notes',
    ]);
  });

  it('counts the tools that cannot be used', () => {
    expect(toCheckReport({ who: 'alice', servers: [{ ...up, unusable: 2 }], contracts: [] })).toContain(
      'cloud-platform: list_organizations, create_cloud_resource; 2 more cannot be used, the log says why',
    );
  });

  it('names what differs in a contract, and the tools whose contract is broken', () => {
    const broken: ContractCheck = { ...same, contract: 'broken', notes: ['org is not taken any more'] };
    const report = toCheckReport({ who: 'alice', servers: [up], contracts: [broken] });

    expect(report).toContain('list_organizations: org is not taken any more');
    expect(report.at(-1)).toBe('contract broken, nothing is sent: list_organizations');
  });
});
