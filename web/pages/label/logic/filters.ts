// The filters of the grid: what an address holds, and what the API is asked.
import type {Query} from './api';

export const kFilterNames = ['state', 'label', 'source', 'version', 'least', 'most', 'disagree', 'annotator', 'from', 'to', 'name', 'sort'] as const;
export type Filter = Partial<Record<(typeof kFilterNames)[number], string>>;

export const kSorts = ['name', 'newest', 'uncertain', 'confident', 'drifted', 'suspect', 'random'] as const;

const kEveryState = 'unlabelled,labelled,skipped';

export function readFilter(query: Readonly<Record<string, string>>): Filter {
  const filter: Filter = {};
  for (const name of kFilterNames) if (query[name]) filter[name] = query[name];
  return filter;
}

// A day of a date field, as the moment it begins (or the next one does) where the person is.
function moment(day: string | undefined, daysLater: number): string | undefined {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day ?? '');
  if (!parts) return undefined;
  return new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]) + daysLater).toISOString();
}

function scoreRange({least, most}: Filter): string | undefined {
  const bound = (text: string | undefined, otherwise: number) => {
    const value = Number(text ?? otherwise);
    return Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : otherwise;
  };
  return least === undefined && most === undefined ? undefined : `${bound(least, 0)}..${bound(most, 1)}`;
}

export function itemQuery(filter: Filter, seed: number): Query {
  const sort = kSorts.find((name) => name === filter.sort) ?? 'name';
  return {
    state: filter.state ?? kEveryState, label: filter.label, source: filter.source, version: filter.version,
    score: scoreRange(filter), disagree: filter.disagree === 'true' ? true : undefined, annotator: filter.annotator,
    from: moment(filter.from, 0), to: moment(filter.to, 1), name: filter.name, sort, seed: sort === 'random' ? seed : undefined,
  };
}
