/** A small deterministic generator, so that an order that failed can be played again. @see Knuth, TAOCP 3.3.4, line 15 */
export interface SeededRandom {
  /** A whole number from 0 to `limit - 1`. */
  below(limit: number): number;
  pick<Item>(items: readonly Item[]): Item;
  /** `count` different items, or all of them when there are fewer. */
  sample<Item>(items: readonly Item[], count: number): Item[];
}

export function createSeededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const take = <Item>(items: Item[]): Item => {
    const [item] = items.splice(below(items.length), 1);
    if (item === undefined) throw new RangeError('There is nothing to pick from.');
    return item;
  };
  return {
    below,
    pick: (items) => take([...items]),
    sample: (items, count) => {
      const left = [...items];
      return Array.from({ length: Math.min(count, left.length) }, () => take(left));
    },
  };
}
