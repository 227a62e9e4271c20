// Numbers, times and durations as people read them.

export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(Math.round(seconds % 60)).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

export function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`;
}

const kWhen = new Intl.DateTimeFormat(undefined, {year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit'});

export function when(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : kWhen.format(date);
}

const kUnits: [number, Intl.RelativeTimeFormatUnit][] = [[60, 'second'], [60, 'minute'], [24, 'hour'], [30, 'day'], [12, 'month'], [Infinity, 'year']];

// "3 minutes ago". `now` in milliseconds.
export function ago(time: string, now: number): string {
  let value = (new Date(time).getTime() - now) / 1000;
  if (Number.isNaN(value)) return time;
  const format = new Intl.RelativeTimeFormat(undefined, {numeric: 'auto'});
  for (const [size, unit] of kUnits) {
    if (Math.abs(value) < size) return format.format(Math.round(value), unit);
    value /= size;
  }
  return time;
}

// A number of a metric: shares as per cent, others with four digits that count.
export function metricValue(name: string, value: number): string {
  const isShare = /accuracy|f1|precision|recall|auc|share/.test(name);
  return isShare ? percent(value) : String(Number(value.toPrecision(4)));
}

// "test_accuracy" → "Test accuracy".
export function title(name: string): string {
  const words = name.replace(/[_-]+/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export type Tone = 'good' | 'bad' | 'busy' | 'calm';

// How a state or verdict is shown.
export function toneOf(word: string): Tone {
  if (['promoted', 'done', 'pass', 'passed', 'yes', 'stable', 'champion'].includes(word)) return 'good';
  if (['failed', 'fail', 'refused', 'no', 'drifted', 'rollback'].includes(word)) return 'bad';
  if (['running', 'canary', 'wait', 'inconclusive', 'challenger'].includes(word)) return 'busy';
  return 'calm';
}
