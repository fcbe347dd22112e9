/** A server behind a translation that answers as a test says and records what it is sent. */
import type { ToolTranslation, TranslatedServer } from '../../src/tools/wrapper-definition.js';

type Args = Readonly<Record<string, unknown>>;

/** What is answered: of the live tool, of other tools by name, and of resources by address. */
export interface TranslatedAnswers {
  readonly call?: unknown;
  readonly reads?: Readonly<Record<string, unknown>>;
  readonly resources?: Readonly<Record<string, unknown>>;
}

/** Runs a translation; gives what it made, and what left. */
export async function runTranslation(
  translation: ToolTranslation,
  args: Args,
  answers: TranslatedAnswers,
): Promise<{ readonly result: unknown; readonly sent: unknown[] }> {
  const sent: unknown[] = [];
  const server = translatedServer(answers, args, sent);
  return { result: JSON.parse(await translation.run(args, server)) as unknown, sent };
}

/** Makes the server; what is missing among the answers is an error of the test. */
export function translatedServer(
  { call, reads = {}, resources = {} }: TranslatedAnswers,
  args: Args = {},
  sent: unknown[] = [],
): TranslatedServer {
  const give = (found: unknown, name: string): Promise<string> => {
    if (found === undefined) return Promise.reject(new TypeError(`${name} is not asked for`));
    return Promise.resolve(typeof found === 'string' ? found : JSON.stringify(found));
  };
  return {
    call: (toArguments) => {
      sent.push(toArguments(args));
      return give(call, 'the live tool');
    },
    read: (tool, given) => {
      sent.push([tool, given]);
      return give(reads[tool], tool);
    },
    resource: (uri) => give(resources[uri], uri),
  };
}
