// What the outbox holds, and how what is waiting changes what a person sees.
import type {Action, Change, Item, ItemState, Prediction} from './api';

// A conflict: somebody changed the item since; `item` is as it is there. Refused: the server will never take it.
export type Trouble = {kind: 'conflict'; item: Item} | {kind: 'refused'; status: number; message: string};

export interface Before {
  state: ItemState;
  label: string | null;
}

// One change on its way, or one undo.
export interface Entry {
  order: number;  // entries of a tab are sent in this order
  key: string;
  tab: string;
  annotator: string;
  kind: 'change' | 'undo';
  name: string;  // '' for an undo of something this page does not know
  // Of a change: null while an earlier entry of the same image is on its way, whose answer tells it.
  revision: number | null;
  action: Action;
  label: string | null;
  shown: Prediction | null;
  blind: boolean;
  milliseconds: number | null;
  before: Before;
  undoes: string | null;  // key of the change that an undo takes back
  trouble: Trouble | null;
}

export interface Draft {
  name: string;
  revision: number;
  action: Action;
  label?: string | null;
  shown?: Prediction | null;
  blind?: boolean;
  milliseconds?: number | null;
  before: Before;
}

export function stateAfter(action: Action, label: string | null): Before {
  switch (action) {
    case 'label': return {state: 'labelled', label};
    case 'skip': return {state: 'skipped', label: null};
    case 'reject': return {state: 'rejected', label: null};
    default: return {state: 'unlabelled', label: null};
  }
}

// The item as the person made it, whether the server knows already or not.
export function overlaid(item: Item, pending: readonly Entry[]): Item {
  let result = item;
  for (const entry of pending) {
    const after = entry.kind === 'undo' ? entry.before : stateAfter(entry.action, entry.label);
    result = {...result, state: after.state, label: after.label, source: null, annotator: entry.annotator || null};
  }
  return result;
}

export function changeOf(entry: Entry, revision: number): Change {
  const change: Change = {key: entry.key, name: entry.name, revision, action: entry.action, shown: entry.shown, blind: entry.blind};
  if (entry.action === 'label') change.label = entry.label ?? '';
  if (entry.milliseconds !== null) change.milliseconds = entry.milliseconds;
  return change;
}

// Whether the other side already is what the entry wants: nothing is left to decide.
export function alreadySo(entry: Entry, item: Item): boolean {
  const wanted = stateAfter(entry.action, entry.label);
  return item.state === wanted.state && (item.label ?? '') === (wanted.label ?? '');
}
