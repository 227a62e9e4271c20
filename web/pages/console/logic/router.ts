// Addresses of the views: #/runs?id=run-000003. Names and values are percent-encoded, whatever they hold.

export const kViews = ['runs', 'models', 'drift', 'canary'] as const;
export type View = (typeof kViews)[number];

export interface Route {
  view: View;
  query: Record<string, string>;
}

export function readRoute(hash: string): Route {
  const [, path = '', search = ''] = /^#?\/?([^?]*)\??(.*)$/s.exec(hash) ?? [];
  const view = kViews.find((name) => name === path) ?? 'runs';
  return {view, query: Object.fromEntries(new URLSearchParams(search))};
}

export function writeRoute(view: View, query: Record<string, string | undefined> = {}): string {
  const pairs = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '');
  const search = new URLSearchParams(pairs).toString();
  return `#/${view}${search ? `?${search}` : ''}`;
}
