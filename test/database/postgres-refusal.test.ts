import { describe, expect, it } from 'vitest';
import { toPostgresRefusal } from '../../src/database/postgres-refusal.js';

describe('toPostgresRefusal', () => {
  it.each([
    ['28000', 'refuses the user'],
    ['28P01', 'refuses the password'],
    ['3D000', 'no database of that name'],
    ['ECONNREFUSED', 'does not answer there'],
  ])('tells of %s that PostgreSQL %s', (code, words) => {
    const error = toPostgresRefusal(Object.assign(new Error('as it came'), { code }));

    expect(error).toMatchObject({ code: 'ERR_CONFIG', path: 'DATABASE_URL' });
    expect(error.message).toContain(words);
    expect(error.message).not.toContain('as it came');
  });
});
