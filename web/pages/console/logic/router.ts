// Addresses of the views: #/runs?id=run-000003.

import {type HashRoute, readHash, writeHash} from '../../../shared/hashRoute';

export const kViews = ['runs', 'models', 'drift', 'canary'] as const;
export type View = (typeof kViews)[number];
export type Route = HashRoute<View>;

export function readRoute(hash: string): Route {
  return readHash<View>(kViews, hash);
}

export function writeRoute(view: View, query: Record<string, string | undefined> = {}): string {
  return writeHash(view, query);
}
