import { describe, expect, it } from 'vitest';
import { createLogger } from '../../src/logger.js';
import { createContractReports } from '../../src/middleware/contract-reports.js';

describe('createContractReports', () => {
  it('names each broken contract once, and a new reason anew', () => {
    const lines: string[] = [];
    const report = createContractReports(createLogger({ format: 'json', write: (line) => lines.push(line) }));
    const broken = { server: 's', tool: 't', reason: 'a' };

    for (const each of [broken, broken, { ...broken, reason: 'b' }, { ...broken, server: 'u' }, broken])
      report(each);

    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { level: 'warn', event: 'mcp.contract.broken', server: 's', tool: 't', reason: 'a' },
      { reason: 'b' },
      { server: 'u' },
    ]);
    expect(lines).toHaveLength(3);
  });

  it('does not grow without a bound', () => {
    const lines: string[] = [];
    const report = createContractReports(createLogger({ format: 'json', write: (line) => lines.push(line) }));
    const name = (index: number): void => report({ server: 's', tool: `t${String(index)}`, reason: 'a' });

    for (let index = 0; index < 1001; index += 1) name(index);
    name(0);

    expect(lines).toHaveLength(1002);
  });
});
