/** Takes samples of several things in turn, so that what disturbs the machine disturbs all of them alike. */
import type { Bound, Figure } from './figures.js';

/** One of the things that are compared. */
export interface Subject {
  readonly name: string;
  /** Does the work once; a number that it gives is its own measure of it, in milliseconds. */
  readonly run: (round: number) => Promise<unknown>;
  /** What is done after it and not counted. */
  readonly settle?: (round: number) => Promise<void>;
}

/** How many rounds; the first ones are not counted. */
export interface SampleOptions {
  readonly rounds: number;
  readonly warmUp: number;
}

/** Milliseconds of each subject, round by round. */
export type Samples = ReadonlyMap<string, readonly number[]>;

/** Runs every subject once a round, each round beginning with another one. */
export async function sampleInTurn(
  subjects: readonly Subject[],
  { rounds, warmUp }: SampleOptions,
): Promise<Samples> {
  const samples = new Map<string, number[]>(subjects.map(({ name }) => [name, []]));
  for (let round = 0; round < warmUp + rounds; round += 1) {
    const first = round % subjects.length;
    for (const { name, run, settle } of [...subjects.slice(first), ...subjects.slice(0, first)]) {
      const startedAt = performance.now();
      const measured = await run(round);
      const tookMs = performance.now() - startedAt;
      await settle?.(round);
      if (round < warmUp) continue;
      samples.get(name)?.push(typeof measured === 'number' ? measured : tookMs);
    }
  }
  return samples;
}

/** Where a figure belongs and what it is held against. */
export interface Label extends Pick<Figure, 'setting' | 'what'> {
  readonly bound?: Bound | undefined;
}

/** The median of one subject. */
export function toMedian(samples: readonly number[], label: Label): Figure {
  return { ...label, ...describeSamples(samples), unit: 'ms' };
}

/** How many times as long one takes as the other: the median of the ratios of the rounds. */
export function toRatio([one, other]: readonly [readonly number[], readonly number[]], label: Label): Figure {
  const ratios = one.map((value, round) => value / (other[round] ?? Number.NaN));
  return { ...label, ...describeSamples(ratios), unit: 'x' };
}

/** How much longer one takes than the other: the median of the differences of the rounds. */
export function toDifference(
  [one, other]: readonly [readonly number[], readonly number[]],
  label: Label,
): Figure {
  const differences = one.map((value, round) => value - (other[round] ?? Number.NaN));
  return { ...label, ...describeSamples(differences), unit: 'ms' };
}

/** The samples of a subject. @throws {@link RangeError} when there is none of that name. */
export function samplesOf(samples: Samples, name: string): readonly number[] {
  const found = samples.get(name);
  if (found === undefined) throw new RangeError(`Nothing was measured under the name ${name}.`);
  return found;
}

function describeSamples(samples: readonly number[]): Pick<Figure, 'value' | 'spread' | 'samples'> {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number): number => {
    const place = (sorted.length - 1) * share;
    const [below = Number.NaN, above = below] = sorted.slice(Math.floor(place), Math.floor(place) + 2);
    return below + (above - below) * (place - Math.floor(place));
  };
  return { value: at(0.5), spread: [at(0.25), at(0.75)], samples: samples.length };
}
