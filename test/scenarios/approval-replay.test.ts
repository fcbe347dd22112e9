import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answered, ApprovalDoor, Presenter, Waiting } from '../support/approval-doors.js';
import { openAgentInProcess, openAgentOverHttp } from '../support/approval-doors.js';

const approve = { type: 'approve' } as const;
const decide = (...decisions: readonly unknown[]) => ({ decisions });
const flipLast = (digest: string): string => digest.slice(0, -1) + (digest.endsWith('0') ? '1' : '0');

/** What is refused while Alice’s approval is open: who presents what, and the answer in process and over HTTP. */
interface Refused {
  readonly title: string;
  readonly by: Presenter;
  resume(waiting: Waiting): unknown;
  readonly answers: readonly [inProcess: Answered, overHttp: Answered];
}

const notTheirs = ['ERR_PRINCIPAL_MISMATCH', 404] as const;
const noToken = ['ERR_TOKEN_INVALID', 401] as const;
const notAnAnswer = ['asked again', 422] as const;

const refused: readonly Refused[] = [
  { title: 'given by Bob', by: 'bob', resume: () => decide(approve), answers: notTheirs },
  {
    title: 'given by Bob with the digest of the call',
    by: 'bob',
    resume: ({ digest }) => decide({ ...approve, digest }),
    answers: notTheirs,
  },
  {
    title: 'edited by Bob',
    by: 'bob',
    resume: ({ edit }) => decide(edit({ name: 'bobs' })),
    answers: notTheirs,
  },
  { title: 'rejected by Bob', by: 'bob', resume: () => decide({ type: 'reject' }), answers: notTheirs },
  {
    title: 'given by an Alice of another issuer',
    by: 'alice of another issuer',
    resume: () => decide(approve),
    answers: noToken,
  },
  {
    title: 'given by Alice with an expired token',
    by: 'alice, expired',
    resume: () => decide(approve),
    answers: noToken,
  },
  {
    title: 'given by nobody',
    by: 'nobody',
    resume: () => decide(approve),
    answers: ['ERR_TOKEN_MISSING', 401],
  },
  ...[
    {
      title: 'one character of its digest changed',
      resume: ({ digest }: Waiting) => decide({ ...approve, digest: flipLast(digest) }),
    },
    {
      title: 'its digest in capitals',
      resume: ({ digest }: Waiting) => decide({ ...approve, digest: digest.toUpperCase() }),
    },
    {
      title: 'its digest one character short',
      resume: ({ digest }: Waiting) => decide({ ...approve, digest: digest.slice(1) }),
    },
    { title: 'its digest empty', resume: () => decide({ ...approve, digest: '' }) },
    { title: 'its digest null', resume: () => decide({ ...approve, digest: null }) },
    {
      title: 'one character of its tool changed',
      resume: ({ edit }: Waiting) => decide(edit({ tool: 'make_thinh' })),
    },
    {
      title: 'a tool that only reads in place of its own',
      resume: ({ edit }: Waiting) => decide(edit({ tool: 'list_organizations' })),
    },
    {
      title: 'an edit under a digest that is not its own',
      resume: ({ edit, digest }: Waiting) => decide({ ...edit({ name: 'other' }), digest: flipLast(digest) }),
    },
    { title: 'one character of its type changed', resume: () => decide({ type: 'Approve' }) },
    { title: 'given twice in one answer', resume: () => decide(approve, approve) },
    { title: 'given for no call', resume: () => decide() },
  ].map((row) => ({ ...row, by: 'alice', answers: notAnAnswer }) as const),
];

const doors = [
  ['in process', openAgentInProcess, 0],
  ['over HTTP', openAgentOverHttp, 1],
] as const;

describe.each(doors)('%s, Alice’s approval', (_door, open, column) => {
  let door: ApprovalDoor;
  let serial = 0;

  beforeAll(async () => {
    door = await open();
  });
  afterAll(() => door.close());

  /** A call of a name that no other test uses, waiting for its approval. */
  async function ask(): Promise<Waiting & { readonly name: string }> {
    const name = `thing-${String((serial += 1))}`;
    return { ...(await door.ask(name)), name };
  }

  /** How often the platform was asked for a name. */
  const madeOf = async (...names: readonly string[]) =>
    (await door.made()).filter((made) => names.includes(made));

  it.each(refused)('$title is refused, and hers counts once afterwards', async ({ by, resume, answers }) => {
    const before = await door.made();
    const waiting = await ask();

    expect(await door.decide(by, waiting.thread, resume(waiting))).toBe(answers[column]);
    expect(await door.made()).toEqual(before);
    expect(await door.isOpen(waiting.thread)).toBe(true);

    const decision = { ...approve, digest: waiting.digest };
    expect(await door.decide('alice', waiting.thread, decide(decision))).toBe('done');
    expect(await door.made()).toEqual([...before, waiting.name]);
  });

  it('given a second time makes no second call', async () => {
    const { thread, name, digest } = await ask();
    await door.decide('alice', thread, decide(approve));

    for (const again of [approve, { ...approve, digest }]) {
      expect(await door.decide('alice', thread, decide(again))).toBe(column === 0 ? 'done' : 422);
    }
    expect(await madeOf(name)).toEqual([name]);
  });

  it('given twice at once makes one call', async () => {
    const { thread, name } = await ask();

    await Promise.all(Array.from({ length: 4 }, () => door.decide('alice', thread, decide(approve))));

    expect(await madeOf(name)).toEqual([name]);
    expect(await door.isOpen(thread)).toBe(false);
  });

  it('replayed from every checkpoint of its thread makes no second call', async () => {
    const { thread, name } = await ask();
    await door.decide('alice', thread, decide(approve));

    await door.replay(thread);

    expect(await madeOf(name)).toEqual([name]);
  });

  it('does not cover arguments of which one character was changed after she was asked', async () => {
    const { thread, name } = await ask();

    await door.tamper(thread);
    await door.decide('alice', thread, decide(approve));

    expect(await madeOf(name, `${name}x`)).toEqual([]);
  });

  it('of one thread is no approval of another', async () => {
    const [first, second] = [await ask(), await ask()];

    const answer = await door.decide('alice', second.thread, decide({ ...approve, digest: first.digest }));
    expect(answer).toBe(notAnAnswer[column]);
    expect(await madeOf(first.name, second.name)).toEqual([]);

    await door.decide('alice', first.thread, decide({ ...approve, digest: first.digest }));
    expect(await madeOf(first.name, second.name)).toEqual([first.name]);
    expect(await door.isOpen(second.thread)).toBe(true);
  });

  it('of one thread is none for the same words on another', async () => {
    const first = await ask();
    const second = await door.ask(first.name);
    expect(second.digest).toBe(first.digest);

    await door.decide('alice', first.thread, decide(approve));

    expect(await madeOf(first.name)).toEqual([first.name]);
    expect(await door.isOpen(second.thread)).toBe(true);
  });

  it('that edits is checked again, and what is outside its bounds is not called', async () => {
    const { thread, name, edit } = await ask();

    expect(await door.decide('alice', thread, decide(edit({ size: 1_000_000 })))).not.toBe('asked again');

    expect(await madeOf(name)).toEqual([]);
  });

  it('that edits covers what it says and not what she was asked', async () => {
    const { thread, name, edit, digest } = await ask();
    const changed = `${name}-edited`;

    await door.decide('alice', thread, decide({ ...edit({ name: changed, size: 50 }), digest }));
    await door.decide('alice', thread, decide({ ...approve, digest }));
    await door.replay(thread);

    expect(await madeOf(name, changed)).toEqual([changed]);
  });

  it('after her rejection makes no call', async () => {
    const { thread, name } = await ask();
    await door.decide('alice', thread, decide({ type: 'reject', message: 'no' }));

    await door.decide('alice', thread, decide(approve));
    await door.replay(thread);

    expect(await madeOf(name)).toEqual([]);
  });
});
