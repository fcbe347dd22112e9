/** The demo for a person at a terminal: a column of labels, a column of text, little colour. */
import type { AuditLine, DemoEvent, Narrator } from './demo-event.js';
import type { WrappedText } from './wrapped-text.js';
import { beginWrappedText } from './wrapped-text.js';

/** How the terminal is. */
export interface TerminalNarratorOptions {
  readonly write: (text: string) => void;
  /** Characters in a line. */
  readonly width: number;
  readonly hasColour: boolean;
}

type Paint = (text: string) => string;

interface Look {
  readonly title: Paint;
  readonly label: Paint;
  readonly good: Paint;
  readonly refused: Paint;
}

const labelWidth = 12;

/** Creates the narrator. Words of the agent are shown as they come. */
export function createTerminalNarrator({ write, width, hasColour }: TerminalNarratorOptions): Narrator {
  const look = toLook(hasColour);
  let answer: WrappedText | undefined;

  const begin = (label: string): WrappedText => {
    write(look.label(`  ${label}`.padEnd(labelWidth)));
    return beginWrappedText({ write, indent: ' '.repeat(labelWidth), width });
  };
  const put = (label: string, text: string): void => {
    const lines = begin(label);
    lines.add(text);
    lines.end();
  };
  const endAnswer = (): void => {
    answer?.end();
    answer = undefined;
  };

  return {
    tell(event) {
      if (event.event === 'words') {
        answer ??= begin('agent');
        answer.add(printable(event.text));
        return;
      }
      endAnswer();
      if (event.event === 'chapter') write(`\n${look.title(event.title)}\n`);
      else if (event.event === 'audit') write(toTable(event.lines, look));
      else put(...toRow(event, look));
    },
    finish() {
      endAnswer();
      write('\ndemo: ok\n');
    },
  };
}

type RowEvent = Exclude<DemoEvent, { event: 'words' | 'chapter' | 'audit' }>;

function toRow(event: RowEvent, look: Look): [label: string, text: string] {
  switch (event.event) {
    case 'started':
      return ['servers', `agent ${event.agentServer}\nplatform ${event.platform}\nmodel ${event.model}`];
    case 'said':
      return [event.who, event.text];
    case 'tool':
      return [
        'tool',
        `${event.tool} ${event.ending === 'ok' ? look.good('ok') : look.refused(event.ending)}`,
      ];
    case 'progress':
      return ['progress', printable(event.state)];
    case 'approval':
      return ['approval', printable(event.request)];
    case 'decided':
      return [event.who, `(${event.decision})`];
    case 'checked':
      return ['checked', look.good(event.fact)];
    case 'failed':
      return ['failed', look.refused(event.message)];
  }
}

const titles: AuditLine = {
  who: 'who',
  action: 'action',
  where: 'where',
  what: 'what',
  decision: 'decision',
  reason: 'policy',
};
const columns = ['who', 'action', 'where', 'what', 'decision', 'reason'] as const;

function toTable(lines: readonly AuditLine[], look: Look): string {
  const widths = columns.map((column) => Math.max(...[titles, ...lines].map((line) => line[column].length)));
  const toLine = (line: AuditLine): string =>
    `  ${columns.map((column, index) => line[column].padEnd(widths[index] ?? 0)).join('  ')}`.trimEnd();
  const body = lines.map((line) => (line.decision === 'allowed' ? toLine(line) : look.refused(toLine(line))));
  return `${[look.label(toLine(titles)), ...body].join('\n')}\n`;
}

/** What came from a model or a server must not steer the terminal. */
function printable(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n]/gu, '');
}

function toLook(hasColour: boolean): Look {
  const paint =
    (code: number): Paint =>
    (text) =>
      hasColour ? `\u001b[${String(code)}m${printable(text)}\u001b[0m` : printable(text);
  return { title: paint(1), label: paint(2), good: paint(32), refused: paint(33) };
}
