// Addresses of a page's views: #/grid?label=CAT. Names and values are percent-encoded, whatever they hold.

export interface HashRoute<View extends string> {
  view: View;
  query: Record<string, string>;
}

// An address that names none of the views is the first one's.
export function readHash<View extends string>(views: readonly [View, ...View[]], hash: string): HashRoute<View> {
  const [, path = '', search = ''] = /^#?\/?([^?]*)\??(.*)$/s.exec(hash) ?? [];
  const view = views.find((name) => name === path) ?? views[0];
  return {view, query: Object.fromEntries(new URLSearchParams(search))};
}

export function writeHash(view: string, query: Record<string, string | undefined>): string {
  const pairs = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '');
  const search = new URLSearchParams(pairs).toString();
  return `#/${view}${search ? `?${search}` : ''}`;
}
