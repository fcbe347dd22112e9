import { describe, expect, it } from 'vitest';
import type { DemoEvent } from '../../../src/commands/demo/demo-event.js';
import { createTerminalNarrator } from '../../../src/commands/demo/terminal-narrator.js';

function show(events: readonly DemoEvent[], hasColour = false): string {
  const written: string[] = [];
  const narrator = createTerminalNarrator({ write: (text) => written.push(text), width: 60, hasColour });
  for (const event of events) narrator.tell(event);
  narrator.finish();
  return written.join('');
}

describe('createTerminalNarrator', () => {
  it('shows the pieces of an answer as one text, then what follows', () => {
    const events: DemoEvent[] = [
      { event: 'chapter', title: 'Alice' },
      { event: 'said', who: 'alice', text: 'A database, please.' },
      { event: 'words', text: 'Whi' },
      { event: 'words', text: 'ch one?' },
      { event: 'tool', tool: 'look', ending: 'ok' },
    ];

    expect(show(events)).toBe(
      '\nAlice\n  alice     A database, please.\n  agent     Which one?\n  tool      look ok\n\ndemo: ok\n',
    );
  });

  it('aligns the columns of the audit table', () => {
    const line = {
      who: 'alice',
      action: 'create',
      where: 'acme/dev',
      what: 'orders',
      decision: 'allowed',
      reason: 'p1',
    };
    const denied = { ...line, who: 'bob', what: '', decision: 'denied', reason: 'none' };

    expect(show([{ event: 'audit', lines: [line, denied], reads: 2 }])).toBe(
      [
        '  who    action  where     what    decision  policy',
        '  alice  create  acme/dev  orders  allowed   p1',
        '  bob    create  acme/dev          denied    none',
        '',
        'demo: ok',
        '',
      ].join('\n'),
    );
  });

  it('uses colour where the terminal has it and nowhere else', () => {
    const events: DemoEvent[] = [{ event: 'checked', step: 'created', fact: 'It is there.' }];

    expect(show(events, true)).toContain('\u001b[32m');
    expect(show(events)).not.toContain('\u001b');
  });

  it('does not let the words of a model steer the terminal', () => {
    const steering = 'a\u001b[2Jb\u0007c\rd\u009be';
    const events: DemoEvent[] = [
      { event: 'words', text: steering },
      { event: 'checked', step: 'created', fact: steering },
      { event: 'progress', tool: 'create', state: steering },
    ];

    expect(show(events)).toBe(
      '  agent     a[2Jbcde\n  checked   a[2Jbcde\n  progress  a[2Jbcde\n\ndemo: ok\n',
    );
  });

  it('does not count colour when it wraps', () => {
    const events: DemoEvent[] = [
      { event: 'checked', step: 'x', fact: 'one two three four five six seven eight nine' },
    ];
    const plain = show(events);

    // eslint-disable-next-line no-control-regex -- the escape of a colour is what is taken out
    expect(show(events, true).replaceAll(/\u001b\[\d+m/g, '')).toBe(plain);
  });
});
