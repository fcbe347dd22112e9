/** Puts what was measured into docs/performance.md: each benchmark has a section of its own, and the others stay. */
import { readFileSync, writeFileSync } from 'node:fs';

const file = 'docs/performance.md';
const [begin, end] = ['<!-- figures: begin -->', '<!-- figures: end -->'];

/** Replaces the sections of these benchmarks, or adds them at the end. */
export function writeSections(sections: ReadonlyMap<string, string>): void {
  const document = readFileSync(file, 'utf8');
  const [before, rest] = document.split(begin);
  const [figures, after] = rest?.split(end) ?? [];
  if (before === undefined || figures === undefined || after === undefined)
    throw new TypeError(`${file} has no place for the figures.`);
  const all = new Map([...readSections(figures), ...sections]);
  writeFileSync(file, `${before}${begin}\n\n${[...all.values()].join('\n')}\n${end}${after}`);
}

function readSections(figures: string): [name: string, text: string][] {
  const [, ...sections] = figures.split(/^### /m);
  return sections.map((text) => [text.slice(0, text.indexOf('\n')).trim(), `### ${text.trim()}\n`]);
}
