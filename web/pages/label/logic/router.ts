// Addresses of the views: #/grid?label=CAT.

import {type HashRoute, readHash, writeHash} from '../../../shared/hashRoute';

export const kViews = ['label', 'grid', 'review', 'progress'] as const;
export type View = (typeof kViews)[number];
export type Route = HashRoute<View>;

export function readRoute(hash: string): Route {
  return readHash<View>(kViews, hash);
}

export function writeRoute(view: View, query: Record<string, string | undefined> = {}): string {
  return writeHash(view, query);
}
