import { describe, expect, it } from 'vitest';
import { completeArguments } from '../../src/mcp-client/completed-arguments.js';

const password = 'generated-Password-1';

describe('completeArguments', () => {
  it('hides the texts that were added, wherever the answer repeats them', () => {
    const { args, redactor } = completeArguments({ name: 'orders-database', spec: { size: 1 } }, (given) => ({
      ...given,
      spec: { size: 1, nested: [password] },
    }));

    expect(args).toEqual({ name: 'orders-database', spec: { size: 1, nested: [password] } });
    expect(redactor.value({ made: args, note: `it is ${password}.` })).toEqual({
      made: { name: 'orders-database', spec: { size: 1, nested: ['[redacted]'] } },
      note: 'it is [redacted].',
    });
    expect(redactor.value(Buffer.from(password).toString('base64'))).not.toContain(
      Buffer.from(password).toString('base64').slice(0, 20),
    );
  });

  it('takes nothing out of the answer where nothing was added', () => {
    const given = { name: 'orders-database' };

    const { args, redactor } = completeArguments(given, undefined);

    expect(args).toEqual(given);
    expect(redactor.value(given)).toBe(given);
  });
});
