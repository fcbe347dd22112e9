/** Reads from a test file the titles it gives, so that a document can be held to the tests it names. */
import ts from 'typescript';

/** What stands for the part of a title that each case fills in. */
export const filledIn = '…';

/** Lists the titles of every `describe`, `it` and `test` of a source; what a case fills in is shown as {@link filledIn}. */
export function readTestTitles(source: string): string[] {
  const titles: string[] = [];
  const visit = (node: ts.Node): void => {
    const title = ts.isCallExpression(node) && isTestCall(node) ? readTitle(node.arguments[0]) : undefined;
    if (title !== undefined) titles.push(title);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('a.test.ts', source, ts.ScriptTarget.Latest, true));
  return titles;
}

/** `it(…)`, `it.each(…)(…)`, `describe.each(…)(…)`. */
function isTestCall(call: ts.CallExpression): boolean {
  let callee: ts.Expression = call.expression;
  while (ts.isCallExpression(callee) || ts.isPropertyAccessExpression(callee)) callee = callee.expression;
  return ts.isIdentifier(callee) && ['describe', 'it', 'test'].includes(callee.text);
}

function readTitle(argument: ts.Expression | undefined): string | undefined {
  if (argument === undefined) return undefined;
  if (ts.isStringLiteralLike(argument)) return argument.text.replace(/%[sdifjo]|\$\w+/g, filledIn);
  if (!ts.isTemplateExpression(argument)) return undefined;
  const { head, templateSpans } = argument;
  return [head.text, ...templateSpans.map(({ literal }) => literal.text)].join(filledIn);
}
