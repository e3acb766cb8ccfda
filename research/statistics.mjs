/** Statistics of measurements. */

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Rounds to a number of decimal places. */
export const rounded = (value, digits) => Math.round(value * 10 ** digits) / 10 ** digits;
