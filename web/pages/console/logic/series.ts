// What charts draw, from what the server says.
import type {Canary, Epoch} from './api';

export interface Series {
  label: string;
  color: string;  // a custom property
  values: (number | null)[];
}

export interface ChartData {
  x: number[];
  series: Series[];
}

export function lossCurves(epochs: Epoch[]): ChartData {
  return {
    x: epochs.map(({epoch}) => epoch + 1),
    series: [
      {label: 'training', color: '--series-a', values: epochs.map(({train_loss}) => train_loss)},
      {label: 'validation', color: '--series-b', values: epochs.map(({val_loss}) => val_loss)},
    ],
  };
}

export function accuracyCurve(epochs: Epoch[]): ChartData {
  return {
    x: epochs.map(({epoch}) => epoch + 1),
    series: [{label: 'validation', color: '--series-b', values: epochs.map(({val_accuracy}) => (val_accuracy === null ? null : val_accuracy * 100))}],
  };
}

const kColors = ['--series-a', '--series-b', '--series-c', '--series-d'];

// Share of each version in the answers of each stretch of time, in per cent. Times in seconds, as uPlot wants them.
// The version that a canary tries has the colour that it has in the bar of shares.
export function answerShares({timeline, config}: Canary): ChartData {
  const versions = [...new Set(timeline.buckets.flatMap(({answers}) => Object.keys(answers)))].sort((a, b) => Number(a) - Number(b));
  const sums = timeline.buckets.map(({answers}) => Object.values(answers).reduce((sum, count) => sum + count, 0));
  return {
    x: timeline.buckets.map(({at}) => new Date(at).getTime() / 1000),
    series: versions.map((version, index) => ({
      label: `version ${version}`,
      color: Number(version) === config?.current_version ? '--series-a' : Number(version) === config?.previous_version ? '--series-b' : kColors[2 + (index % 2)] ?? '--series-c',
      values: timeline.buckets.map(({answers}, bucket) => ((answers[version] ?? 0) / (sums[bucket] || 1)) * 100),
    })),
  };
}

export interface BarPair {
  name: string;
  reference: number;  // 0..1
  current: number;
}

// Both distributions as shares, so that stretches of different length can be compared; parts that read alike are one.
export function barPairs(bars: {name: string; reference: number; current: number}[]): BarPair[] {
  const all = (pick: (bar: {reference: number; current: number}) => number) => bars.reduce((sum, bar) => sum + pick(bar), 0) || 1;
  const reference = all((bar) => bar.reference);
  const current = all((bar) => bar.current);
  const pairs = new Map<string, BarPair>();
  for (const bar of bars) {
    const pair = pairs.get(bar.name) ?? {name: bar.name, reference: 0, current: 0};
    pairs.set(bar.name, {name: bar.name, reference: pair.reference + bar.reference / reference, current: pair.current + bar.current / current});
  }
  return [...pairs.values()];
}
