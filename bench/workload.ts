/** The work that every alternative does: the same tools, the same answers, the same conversation. */
import type { BaseMessage } from '@langchain/core/messages';
import { ToolMessage } from '@langchain/core/messages';
import { z } from 'zod';
import { ScriptedModel } from '../src/testing/scripted-model.js';
import type { TestTool } from '../src/testing/test-tool.js';
import { textResult } from '../src/testing/test-tool.js';

/** The arguments of each tool. */
export const toolArguments = z.object({
  id: z.string().min(1).describe('The id of the resource.'),
  org: z.string().optional().describe('The organization, id or slug.'),
  fields: z.array(z.string()).optional().describe('The fields to give; all of them when left out.'),
  limit: z.int().min(1).max(100).optional().describe('The most that is given.'),
});

/** The tools of every server and agent. */
export const toolNames = ['read_resource', 'search_resources', 'list_kinds', 'read_schema', 'list_places'];

/** What a tool answers. */
export function answerTool({ id }: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    id,
    kind: 'AwsRdsInstance',
    state: 'ready',
    org: 'acme',
    env: 'dev',
    tags: ['a', 'b'],
  });
}

/** The tools as a server offers them. */
export function serverTools(names: readonly string[] = toolNames): Readonly<Record<string, TestTool>> {
  const toTool = (name: string): TestTool => ({
    description: `${name}: gives what is known of a resource to the person who asks.`,
    schema: toolArguments,
    run: (args) => textResult(answerTool(args)),
  });
  return Object.fromEntries(names.map((name) => [name, toTool(name)]));
}

/** What a person says to have a tool called; anything else is answered in words. */
export const askForTool = 'Read r-1.';

/** A model that calls one tool when it is asked to and says `done` after it. */
export function createModel(onAsked: () => void = () => undefined): ScriptedModel {
  const model: ScriptedModel = new ScriptedModel((messages) => {
    // What it was shown is kept for tests; here it would grow with every turn.
    model.shown.length = 0;
    onAsked();
    return isAsked(messages) ? [{ name: 'read_resource', args: { id: 'r-1' } }] : 'done';
  });
  return model;
}

function isAsked(messages: readonly BaseMessage[]): boolean {
  const last = messages.at(-1);
  return last?.type === 'human' && last.text === askForTool;
}

/** Checks that a turn did its work. @throws {@link TypeError} when the tool did not answer. */
export function requireDone(messages: readonly BaseMessage[]): void {
  const [answer, words] = messages.slice(-2);
  if (words?.text !== 'done' || !ToolMessage.isInstance(answer) || !answer.text.includes('"state":"ready"'))
    throw new TypeError(
      `A turn ended without its work: ${messages
        .slice(-3)
        .map((message) => message.text)
        .join(' | ')}`,
    );
}
