// The lint rules of the house that no package offers. @see CONTRIBUTING.md

/** Demands a comment beside every `as` that is not `as const`: the compiler stops checking there. */
const reasonForAssertion = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: { missing: 'Say in a comment on this line or above the statement why this `as` holds.' },
  },
  create({ sourceCode, report }) {
    const commentedLines = new Set();
    for (const { loc } of sourceCode.getAllComments())
      for (let line = loc.start.line; line <= loc.end.line; line += 1) commentedLines.add(line);

    return {
      TSAsExpression(node) {
        if (sourceCode.getText(node.typeAnnotation) === 'const') return;
        const statement = sourceCode.getAncestors(node).findLast(isStatement) ?? node;
        const nearby = [
          node.loc.start.line - 1,
          node.loc.start.line,
          node.loc.end.line,
          statement.loc.start.line - 1,
        ];
        if (!nearby.some((line) => commentedLines.has(line))) report({ node, messageId: 'missing' });
      },
    };
  },
};

/** Demands `-- reason` at the end of every comment that switches a lint rule off. */
const reasonForDisable = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: {
      missing: 'End this comment with "-- " and the reason for which the rule does not apply here.',
    },
  },
  create({ sourceCode, report }) {
    return {
      Program() {
        for (const comment of sourceCode.getAllComments()) {
          if (!/^\s*eslint-disable/.test(comment.value)) continue;
          if (!/\s--\s+\S/.test(comment.value)) report({ loc: comment.loc, messageId: 'missing' });
        }
      },
    };
  },
};

/** Demands a doc comment on every exported declaration. */
const exportedDoc = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: { missing: 'Say in a doc comment (/** … */) what this export does.' },
  },
  create({ sourceCode, report }) {
    return {
      ExportNamedDeclaration(node) {
        if (!node.declaration || isOverload(node)) return;
        const comment = sourceCode.getCommentsBefore(node).at(-1);
        const documented = comment?.type === 'Block' && comment.value.startsWith('*');
        if (!documented) report({ node, messageId: 'missing' });
      },
    };
  },
};

/** The house's rules as an ESLint plugin. */
export const house = {
  rules: {
    'exported-doc': exportedDoc,
    'reason-for-assertion': reasonForAssertion,
    'reason-for-disable': reasonForDisable,
  },
};

function isStatement(node) {
  return /(?:Statement|Declaration|PropertyDefinition)$/.test(node.type) && node.type !== 'BlockStatement';
}

function isOverload(node) {
  return node.declaration.type === 'TSDeclareFunction';
}
