import { HTTPException } from 'hono/http-exception';
import { describe, expect, it } from 'vitest';
import { DatabaseUnavailableError } from '../../../src/errors.js';
import { withStorageAnswers } from '../../../src/server/records/storage-answers.js';

const away = new DatabaseUnavailableError({ cause: new Error('connect ECONNREFUSED 10.0.0.1:5432') });

describe('withStorageAnswers', () => {
  it('answers 503 and when to come again while the database is away, without a word of it', async () => {
    const { read, list } = withStorageAnswers({
      read: (): Promise<void> => Promise.reject(away),
      async *list(): AsyncGenerator<number> {
        yield 1;
        throw away;
      },
    });

    const errors = [await failure(read()), await failure(drain(list()))];

    for (const error of errors) {
      expect(error).toBeInstanceOf(HTTPException);
      const response = (error as HTTPException).getResponse();
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
      expect(await response.text()).toBe('The database does not answer now; try again soon.');
    }
  });

  it('hands on what is given, and every other error', async () => {
    const wrong = new TypeError('wrong');
    const same = withStorageAnswers({
      add: async (one: number, other: number) => one + other,
      fail: () => Promise.reject(wrong),
      name: 'members that are no function',
    });

    expect(await same.add(1, 2)).toBe(3);
    expect(await failure(same.fail())).toBe(wrong);
    expect(same.name).toBe('members that are no function');
  });
});

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

async function drain(items: AsyncGenerator): Promise<void> {
  while ((await items.next()).done !== true);
}
