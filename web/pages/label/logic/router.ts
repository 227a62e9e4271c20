// Addresses of the views: #/grid?label=CAT. Names and values are percent-encoded, whatever they hold.

// Views that come later (runs, models, drift, canary) are rows here and in App.
export const kViews = ['label', 'grid', 'review', 'progress'] as const;
export type View = (typeof kViews)[number];

export interface Route {
  view: View;
  query: Record<string, string>;
}

export function readRoute(hash: string): Route {
  const [, path = '', search = ''] = /^#?\/?([^?]*)\??(.*)$/s.exec(hash) ?? [];
  const view = kViews.find((name) => name === path) ?? 'label';
  return {view, query: Object.fromEntries(new URLSearchParams(search))};
}

export function writeRoute(view: View, query: Record<string, string | undefined> = {}): string {
  const pairs = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '');
  const search = new URLSearchParams(pairs).toString();
  return `#/${view}${search ? `?${search}` : ''}`;
}
