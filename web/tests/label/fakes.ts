// A labelling server and a browser's storage in memory, as far as the page's modules meet them (docs/labelling-api.md).
import type {Change, ChangeResult, Item} from '../../pages/label/logic/api';
import type {Draft, Entry} from '../../pages/label/logic/entries';
import type {OutboxStorage} from '../../pages/label/logic/outbox';

export function item(name: string, more: Partial<Item> = {}): Item {
  return {
    name, revision: 0, state: 'unlabelled', label: null, source: null, score: null, version: null, annotator: null,
    labelled_at: null, prediction: null, bytes: 1, modified_at: '2026-01-01T00:00:00Z', drift: null, ...more,
  };
}

const kAfter = {label: 'labelled', skip: 'skipped', reject: 'rejected', restore: 'unlabelled', clear: 'unlabelled'} as const;

interface Step {
  name: string;
  annotator: string;
  before: Item;
  undone: boolean;
}

export class FakeServer {
  readonly items = new Map<string, Item>();
  readonly batches: Change[][] = [];
  readonly keys: string[] = [];
  attempts = 0;
  down = false;
  full = false;
  signedOut = false;
  loseAnswers = 0;
  refuseBatchesWith: string | undefined;
  private readonly answers = new Map<string, ChangeResult>();
  private readonly steps: Step[] = [];
  private held: Promise<void> | undefined;
  private open: (() => void) | undefined;

  constructor(items: Item[]) {
    for (const each of items) this.items.set(each.name, each);
  }

  hold(): void {
    this.held = new Promise((resolve) => (this.open = resolve));
  }

  release(): void {
    this.held = undefined;
    this.open?.();
  }

  // Somebody else's change.
  change(name: string, label: string, annotator: string): void {
    this.apply({key: `other-${name}`, name, revision: this.items.get(name)?.revision ?? 0, action: 'label', label, shown: null, blind: false}, annotator);
  }

  fetch: typeof fetch = async (address, init) => {
    this.attempts += 1;
    if (this.down) throw new TypeError('no connection');
    if (this.signedOut) return Response.json({message: 'a token is needed'}, {status: 401});
    const body = JSON.parse(String(init?.body ?? '{}')) as {changes: Change[]; key: string};
    const bytes = Uint8Array.from(new Headers(init?.headers).get('X-Annotator') ?? '', (letter) => letter.charCodeAt(0));
    const annotator = new TextDecoder().decode(bytes);
    await this.held;
    const answer = address === 'api/undo' ? this.undo(annotator) : this.label(body.changes, annotator);
    if (this.loseAnswers > 0) {
      this.loseAnswers -= 1;
      throw new TypeError('the connection was cut');
    }
    return answer;
  };

  private label(changes: Change[], annotator: string): Response {
    this.batches.push(changes);
    if (changes.some((change) => change.label === this.refuseBatchesWith)) return Response.json({message: 'no'}, {status: 400});
    return Response.json({results: changes.map((change) => this.apply(change, annotator))});
  }

  private apply(change: Change, annotator: string): ChangeResult {
    this.keys.push(change.key);
    if (this.full) return {status: 507, message: 'disk full'};
    const known = this.answers.get(change.key);
    if (known) return known;
    const before = this.items.get(change.name);
    let result: ChangeResult;
    if (!before) result = {status: 404, message: 'no such image'};
    else if (before.revision !== change.revision) result = {status: 409, item: before};
    else {
      const after: Item = {...before, revision: before.revision + 1, state: kAfter[change.action], label: change.label ?? null, annotator};
      this.items.set(change.name, after);
      this.steps.push({name: change.name, annotator, before, undone: false});
      result = {status: 200, item: after};
    }
    this.answers.set(change.key, result);
    return result;
  }

  private undo(annotator: string): Response {
    const step = this.steps.filter((each) => each.annotator === annotator && !each.undone).at(-1);
    const now = step && this.items.get(step.name);
    if (!step || !now) return Response.json({message: 'nothing to undo'}, {status: 404});
    step.undone = true;
    const after = {...step.before, revision: now.revision + 1};
    this.items.set(step.name, after);
    return Response.json({item: after, undone: {name: step.name}});
  }
}

// Storage that a later outbox can be opened on, as a browser's after a reload.
export class MemoryStorage implements OutboxStorage {
  entries = new Map<string, Entry>();
  broken = false;

  async load() {
    if (this.broken) throw new Error('no storage');
    return [...this.entries.values()].sort((a, b) => a.order - b.order);
  }

  async apply(put: Entry[], removeKeys: string[]) {
    if (this.broken) throw new Error('no storage');
    for (const key of removeKeys) this.entries.delete(key);
    for (const entry of put) this.entries.set(entry.key, structuredClone(entry));
  }
}

export function draft(name: string, revision: number, label: string, more: Partial<Draft> = {}): Draft {
  return {name, revision, action: 'label', label, before: {state: 'unlabelled', label: null}, ...more};
}
