import { describe, expect, it } from 'vitest';
import { toShown, toTextTable } from '../../src/commands/text-table.js';

describe('toTextTable', () => {
  it('makes each column as wide as its longest text', () => {
    const rows = [
      ['server', 'state'],
      ['a', 'unavailable'],
      ['a-long-name', 'up'],
    ];

    expect(toTextTable(rows)).toEqual(['server       state', 'a            unavailable', 'a-long-name  up']);
  });

  it('lets no text move the cursor or begin a line', () => {
    expect(toTextTable([['a\u001b[2Jb\nc']])).toEqual(['a?[2Jb?c']);
  });
});

describe('toShown', () => {
  it('shows what a terminal would obey as a question mark', () => {
    expect(toShown('a\r\u202eb\u2028c')).toBe('a??b?c');
  });
});
