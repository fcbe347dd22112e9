import { AIMessage } from '@langchain/core/messages';
import { describe, expect, it } from 'vitest';
import { fromStored, toStored } from '../../../src/server/records/stored-json.js';

describe('toStored', () => {
  it('writes a message in the form in which the server answers it', () => {
    const stored = fromStored<object>(
      toStored({ messages: [new AIMessage({ content: 'hello', id: 'm1' })] }),
    );

    expect(stored).toMatchObject({ messages: [{ type: 'ai', content: 'hello', id: 'm1' }] });
  });

  it('leaves functions out, and with them the token that a user object holds', () => {
    const user = { identity: 'alice', token: () => 'secret', tokenOfRun: () => 'secret' };

    expect(toStored({ configurable: { langgraph_auth_user: user } })).toBe(
      '{"configurable":{"langgraph_auth_user":{"identity":"alice"}}}',
    );
  });

  it('keeps a number beyond the safe ones as text', () => {
    expect(toStored({ size: 2n ** 64n })).toBe('{"size":"18446744073709551616"}');
  });
});
