/** What a wrapper tool is made from. */
import type { z } from 'zod';
import type { ArgumentIssue } from '../errors.js';

/** Makes a read call of the same user on a live tool of the same server, if the wrapper names one, for a look before a write; gives the result’s text. */
export type ReadCall = (tool: string, args: Readonly<Record<string, unknown>>) => Promise<string>;

/** The data of one wrapper tool. */
export interface WrapperDefinition<Schema extends z.ZodObject = z.ZodObject> {
  /** The name the model calls, and the live tool’s when `tool` is left out. */
  readonly name: string;
  /** The live tool’s name, where the model knows it by another: two servers may offer one name. */
  readonly tool?: string | undefined;
  /** Key of the tool’s server in `mcp-servers.json`; the first one that offers the tool when left out. */
  readonly server?: string | undefined;
  /** Shown to the model until the live description is known. */
  readonly description: string;
  /** The arguments; checked before anything leaves. */
  readonly schema: Schema;
  /** `read` calls may be repeated; a `write` goes out only with an unused approval of exactly its arguments. */
  readonly class: 'read' | 'write';
  /** Rules beyond the schema; each issue names the field, the bound and the next step. */
  readonly check?: (args: z.output<Schema>) => readonly ArgumentIssue[];
  /** A look before the approval is asked for. @throws OutcomeError when the write cannot succeed. */
  readonly lookFirst?: (args: z.output<Schema>, read: ReadCall) => Promise<void>;
  /** The text a person approves: every field, and what cannot be undone. The arguments as JSON when left out. */
  readonly describe?: (args: z.output<Schema>) => string;
  /** Completes the arguments where the call leaves the process, unseen by the model, the chat and every log. */
  readonly complete?: (args: Readonly<Record<string, unknown>>) => Record<string, unknown>;
  /** Changes the result’s text before the model sees it. */
  readonly present?: (text: string) => string;
}
