import { describe, expect, it } from 'vitest';
import { createJsonNarrator } from '../../../src/commands/demo/json-narrator.js';

describe('createJsonNarrator', () => {
  it('writes one object a line, an answer as one, and ok at the end', () => {
    const written: string[] = [];
    const narrator = createJsonNarrator((text) => written.push(text));

    narrator.tell({ event: 'words', text: 'Which ' });
    narrator.tell({ event: 'words', text: 'one?\n' });
    narrator.tell({ event: 'said', who: 'alice', text: 'This one.' });
    narrator.tell({ event: 'words', text: 'Good.' });
    narrator.finish();

    expect(written.join('').trimEnd().split('\n')).toEqual([
      '{"event":"answer","text":"Which one?\\n","pieces":2}',
      '{"event":"said","who":"alice","text":"This one."}',
      '{"event":"answer","text":"Good.","pieces":1}',
      '{"demo":"ok"}',
    ]);
  });
});
