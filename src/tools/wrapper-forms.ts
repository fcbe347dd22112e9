/** The forms in which a wrapper’s tool may be offered: its own, and one for each generation it is translated to. */
import { z } from 'zod';
import type { ContractComparison, ContractSchema } from '../contracts/compare-contract.js';
import { compareContract } from '../contracts/compare-contract.js';
import type { ToolTranslation, WrapperDefinition } from './wrapper-definition.js';

/** One form. */
export interface WrapperForm {
  /** `own`, or the name of the translation’s generation. */
  readonly generation: string;
  /** The live tool that must be offered. */
  readonly tool: string;
  /** Undefined for the wrapper’s own form. */
  readonly translation: ToolTranslation | undefined;
  /** Compares what leaves with what a live tool takes; the same schema object is compared once. */
  compare(live: ContractSchema): ContractComparison;
}

/**
 * Gives the forms of a definition in the order in which they are looked for: a form under the wrapper’s own name goes
 * before those under other names, and a translation before the own one. Nothing is compared before a live tool is known.
 */
export function toWrapperForms(definition: WrapperDefinition): readonly WrapperForm[] {
  const { name, tool = name, schema, complete, translations = [] } = definition;
  const addsFields = complete !== undefined;
  const own: WrapperForm = {
    ...{ generation: 'own', tool, translation: undefined },
    compare: rememberComparisons(schema, addsFields),
  };
  const others = translations.map((translation) => ({
    generation: translation.generation,
    tool: translation.tool,
    translation,
    compare: rememberComparisons(translation.sends, addsFields),
  }));
  return [
    ...others.filter((form) => form.tool === tool),
    own,
    ...others.filter((form) => form.tool !== tool),
  ];
}

function rememberComparisons(sends: z.ZodObject | undefined, addsFields: boolean): WrapperForm['compare'] {
  if (sends === undefined) return () => ({ verdict: 'same' });
  const known = new WeakMap<ContractSchema, ContractComparison>();
  let sent: ContractSchema | undefined;
  return (live) => {
    const remembered = known.get(live);
    if (remembered !== undefined) return remembered;
    // What no JSON Schema can say is not judged.
    sent ??= z.toJSONSchema(sends, { io: 'output', unrepresentable: 'any' });
    const comparison = compareContract({ sent, live, addsFields });
    known.set(live, comparison);
    return comparison;
  };
}
