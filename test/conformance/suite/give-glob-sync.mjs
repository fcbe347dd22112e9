/** A resolve hook for the suite's one file; see `node-20.mjs`. */
const fsWithGlobSync = `data:text/javascript,${encodeURIComponent(`
  export * from 'node:fs';
  export { default } from 'node:fs';
  export const globSync = () => {
    throw new Error('fs.globSync needs Node 22.');
  };
`)}`;

export async function resolve(specifier, context, next) {
  const isSuites = /\/conformance-[\d.]+\/dist\/index\.js$/.test(context.parentURL ?? '');
  if (isSuites && (specifier === 'fs' || specifier === 'node:fs'))
    return { url: fsWithGlobSync, shortCircuit: true };
  return next(specifier, context);
}
