/** What a wrapper tool is made from. */
import type { z } from 'zod';
import type { ArgumentIssue } from '../errors.js';
import type { WrapperForm } from './wrapper-forms.js';

type Arguments = Readonly<Record<string, unknown>>;

/**
 * Makes a read call of the same user, for a look before a write; gives the result’s text. A wrapper is read as it is
 * called by a model: its contract is compared and its older or newer form is found, at the server of the write. A name
 * is a live tool’s, called as it is: on the same server, if the wrapper names one.
 */
export type ReadCall = (tool: string | { readonly wrapper: Wrapper }, args: Arguments) => Promise<string>;

/** The server behind a {@link ToolTranslation}, as the user of the call. */
export interface TranslatedServer {
  /**
   * Calls the live tool. `toArguments` is given the wrapper’s arguments, and once more those that `complete` has added
   * to where the call leaves, so that what it adds is put in its place unseen.
   *
   * @returns the result’s text.
   * @throws OutcomeError for every ending that is not `ok`.
   */
  call(toArguments: (args: Arguments) => Record<string, unknown>): Promise<string>;
  /** Calls another tool of the server, which only reads. */
  read(tool: string, args: Arguments): Promise<string>;
  /** Reads a resource of the server. */
  resource(uri: string): Promise<string>;
}

/** What a server offers beside the tool in question. */
export interface ServerOffer {
  /** Whether it offers this tool. */
  has(tool: string): boolean;
  /** JSON Schema of a tool’s arguments; undefined when it offers none of that name. */
  schema(tool: string): Arguments | undefined;
}

/** How a server of another generation is asked for the same: other names, other forms, other errors. */
export interface ToolTranslation {
  /** Name of the generation, for texts and logs. */
  readonly generation: string;
  /** The live tool that must be offered: the one that is called, or one of the server whose resources are read. */
  readonly tool: string;
  /** Whether a server speaks this generation, where the name of the tool does not say it. */
  readonly isSpoken?: (offer: ServerOffer) => boolean;
  /** The arguments as they leave, for the comparison with the live tool’s; left out where it is not called. */
  readonly sends?: z.ZodObject;
  /**
   * Makes the call and gives the text that the wrapper’s own tool would have given.
   *
   * @throws OutcomeError for every ending that is not `ok`; for a write that was made and cannot be read `unknown-result`.
   */
  readonly run: (args: Arguments, server: TranslatedServer) => Promise<string>;
}

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
  /** `read` calls may be repeated; a `write` goes out only with an unused approval of exactly its arguments, on the server that was asked for. */
  readonly class: 'read' | 'write';
  /** Rules beyond the schema; each issue names the field, the bound and the next step. */
  readonly check?: (args: z.output<Schema>) => readonly ArgumentIssue[];
  /** A look before the approval is asked for. @throws OutcomeError when the write cannot succeed. */
  readonly lookFirst?: (args: z.output<Schema>, read: ReadCall) => Promise<void>;
  /**
   * The text a person approves: every field, and what cannot be undone. The arguments as JSON when left out.
   * `generation` names the translation that the call takes, `own` when it takes none; the call goes out through no other.
   * Undefined for a question of a version that did not record it, which approves nothing.
   */
  readonly describe?: (args: z.output<Schema>, generation?: string) => string;
  /** Completes the arguments where the call leaves the process, unseen by the model, the chat and every log. */
  readonly complete?: (args: Arguments) => Record<string, unknown>;
  /** Changes the result’s text before the model sees it. */
  readonly present?: (text: string) => string;
  /** How servers of other generations are asked, in the order they are looked for; the model sees no difference. */
  readonly translations?: readonly ToolTranslation[];
}

/** A definition with what is made of it once. */
export interface Wrapper extends WrapperDefinition {
  /** Its own form and one for each translation, in the order in which they are looked for. */
  readonly forms: readonly WrapperForm[];
}
