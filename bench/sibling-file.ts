/** The files of the benchmarks, which run as TypeScript and, without what a loader adds to every function, as JavaScript. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The path of the benchmark file of this name, in the form that this one has. */
export function siblingFile(name: string): string {
  return fileURLToPath(new URL(`${name}${extname(import.meta.url)}`, import.meta.url));
}
