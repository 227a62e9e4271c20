// Changes on their way to the server. Each is kept in the browser before it is sent and until the server has it on its
// disk; sent again, with the same key, until there is an answer; and never given up without the person.
import {afterPaint} from '../../../shared/afterPaint';
import {ApiError} from '../../../shared/apiError';
import {type Api, type ChangeResult, type Item} from './api';
import {alreadySo, changeOf, overlaid, type Draft, type Entry} from './entries';
import {Observable} from './observable';
import {randomKey} from './random';

// Where entries outlive the page. A call is all or nothing.
export interface OutboxStorage {
  load(): Promise<Entry[]>;
  apply(put: Entry[], removeKeys: string[]): Promise<void>;
}

export interface OutboxHooks {
  // The server has it; `item` is as it is there now.
  saved?(entry: Entry, item: Item): void;
  // An undo is done: what it took back.
  undone?(entry: Entry, item: Item): void;
  nothingToUndo?(): void;
  // The item as the server has it, learned on the way.
  learned?(item: Item): void;
  signedOut?(): void;
}

export type Connection = 'well' | 'unreachable' | 'full' | 'signed-out';

const kBatch = 100;
const kFirstWait = 500;
const kLongestWait = 15_000;

export class Outbox extends Observable {
  entries: Entry[] = [];  // in order
  savedCount = 0;         // by this page since it was opened
  connection: Connection = 'well';
  keptInBrowser = true;   // whether the storage works
  // Whose entries may go: '' anybody's (the server takes the name from us).
  onlyFor = '';
  hooks: OutboxHooks = {};
  // Keys that the server may have seen, answered or not: those of this page that were sent, and all from before it.
  private readonly sent = new Set<string>();
  private running = false;
  private failures = 0;
  private nextOrder = 0;
  private singles = 0;  // how many go one at a time, after a batch as a whole was refused
  private wake: (() => void) | undefined;

  constructor(private readonly api: Api, private readonly storage: OutboxStorage, private readonly tab: string) {
    super();
  }

  // Takes over what `mine` says belongs to this page now: its own from before a reload, those of closed tabs.
  async adopt(mine: (entry: Entry) => boolean): Promise<void> {
    const kept = await this.storage.load().catch(() => this.storageFailed([]));
    const known = new Set(this.entries.map((entry) => entry.key));
    const fresh = kept.filter((entry) => !known.has(entry.key) && mine(entry)).map((entry) => ({...entry, tab: this.tab}));
    if (fresh.length === 0) return;
    for (const entry of fresh) this.sent.add(entry.key);
    // What was kept is older than what this page has made since.
    this.entries = [...fresh, ...this.entries].sort((a, b) => a.order - b.order);
    await this.storage.apply(fresh, []).catch(() => this.storageFailed(undefined));
    this.changed();
    void this.pump();
  }

  add(drafts: readonly Draft[]): Entry[] {
    const made = drafts.map((draft): Entry => ({
      order: this.newOrder(), key: randomKey(), tab: this.tab, annotator: this.api.annotator, kind: 'change', name: draft.name,
      revision: this.pendingOf(draft.name).length > 0 ? null : draft.revision, action: draft.action, label: draft.label ?? null,
      shown: draft.shown ?? null, blind: draft.blind ?? false,
      milliseconds: draft.milliseconds == null ? null : Math.max(0, Math.round(draft.milliseconds)),
      before: draft.before, undoes: null, trouble: null,
    }));
    this.entries.push(...made);
    this.keep(made, []);
    this.changed();
    // It is kept in the browser; the next image comes first.
    afterPaint(() => void this.pump());
    return made;
  }

  // Takes back a change of this page, or, without one, the newest the server knows of this person. A change that has
  // not left is dropped; behind one that the server may have, answered or not, an undo is queued.
  undo(target?: {key: string; name: string; before: Entry['before']}): 'dropped' | 'queued' {
    const waiting = target && this.entries.find((entry) => entry.key === target.key);
    if (waiting && (!this.sent.has(waiting.key) || waiting.trouble)) {
      this.drop([waiting]);
      return 'dropped';
    }
    const entry: Entry = {
      order: this.newOrder(), key: randomKey(), tab: this.tab, annotator: this.api.annotator, kind: 'undo', name: target?.name ?? '',
      revision: null, action: 'clear', label: null, shown: null, blind: false, milliseconds: null,
      before: target?.before ?? {state: 'unlabelled', label: null}, undoes: target?.key ?? null, trouble: null,
    };
    this.entries.push(entry);
    this.keep([entry], []);
    this.changed();
    void this.pump();
    return 'queued';
  }

  pendingOf(name: string): Entry[] {
    return this.entries.filter((entry) => entry.name === name);
  }

  view(item: Item): Item {
    const pending = this.pendingOf(item.name);
    return pending.length === 0 ? item : overlaid(item, pending);
  }

  get troubled(): Entry[] {
    return this.entries.filter((entry) => entry.trouble);
  }

  get unsaved(): number {
    return this.entries.length;
  }

  // The person's answer to trouble with an image: their newest change goes on top of what is there, or none does.
  resolve(name: string, choice: 'mine' | 'theirs'): void {
    const all = this.pendingOf(name);
    const last = all.filter((entry) => entry.kind === 'change').at(-1);
    const conflict = all.map((entry) => entry.trouble).find((trouble) => trouble?.kind === 'conflict');
    this.remove(all);
    const put: Entry[] = [];
    if (choice === 'mine' && last) {
      const known = all.find((entry) => entry.revision !== null)?.revision ?? 0;
      const revision = conflict?.kind === 'conflict' ? conflict.item.revision : known;
      put.push({...last, key: randomKey(), order: this.newOrder(), revision, trouble: null, milliseconds: null});
      this.entries.push(...put);
    }
    this.keep(put, all.map((entry) => entry.key));
    this.changed();
    void this.pump();
  }

  // Tries at once instead of when the wait is over.
  retry(): void {
    this.wake?.();
    void this.pump();
  }

  async pump(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      for (let batch = this.nextBatch(); batch.length > 0; batch = this.nextBatch()) await this.attempt(batch);
    } finally {
      this.running = false;
    }
  }

  private async attempt(batch: Entry[]): Promise<void> {
    for (const entry of batch) this.sent.add(entry.key);
    try {
      const again = batch[0]?.kind === 'undo' ? await this.sendUndo(batch[0]) : await this.sendChanges(batch);
      if (again) throw new ApiError(again, 'not now');
      this.failures = 0;
      this.connect('well');
    } catch (error) {
      const status = error instanceof ApiError ? error.status : 0;
      this.connect(status === 401 ? 'signed-out' : status === 507 ? 'full' : 'unreachable');
      if (status === 401) this.hooks.signedOut?.();
      await this.wait();
    }
  }

  // The oldest entries that may go together: at most one of an image, nothing behind an undo, none of an image in
  // trouble.
  private nextBatch(): Entry[] {
    const batch: Entry[] = [];
    const seen = new Set<string>(this.troubled.map((entry) => entry.name));
    for (const entry of this.entries) {
      if (this.onlyFor && entry.annotator && entry.annotator !== this.onlyFor) continue;
      if (entry.trouble || (entry.name && seen.has(entry.name))) continue;
      if (batch[0] && batch[0].annotator !== entry.annotator) break;
      if (entry.kind === 'undo') return batch.length > 0 ? batch : [entry];
      batch.push(entry);
      seen.add(entry.name);
      if (batch.length === (this.singles > 0 ? 1 : kBatch)) break;
    }
    return batch;
  }

  // Returns the status to try again for, 0 when every entry has its answer.
  private async sendChanges(batch: Entry[]): Promise<number> {
    let results: ChangeResult[];
    try {
      results = (await this.api.labels(batch.map((entry) => changeOf(entry, entry.revision ?? 0)), batch[0]?.annotator)).results;
    } catch (error) {
      if (!(error instanceof ApiError) || ![400, 403, 404, 409, 413, 422].includes(error.status)) throw error;
      if (batch.length > 1) {
        this.singles = batch.length;  // one of them is the reason
        return 0;
      }
      results = [{status: error.status, message: error.message}];
    }
    this.singles = Math.max(0, this.singles - 1);
    if (!Array.isArray(results) || results.length !== batch.length) throw new ApiError(0, 'an answer of another length');
    let again = 0;
    batch.forEach((entry, index) => {
      const result = results[index];
      if (result) again = this.settle(entry, result) || again;
    });
    this.changed();
    return again;
  }

  private settle(entry: Entry, result: ChangeResult): number {
    if (result.status >= 500 || result.status === 429 || result.status === 401) return result.status;
    if (result.status === 200 && result.item) {
      this.accept(entry, result.item);
      return 0;
    }
    if (result.item) this.hooks.learned?.(result.item);
    const behind = this.pendingOf(entry.name).filter((other) => other !== entry);
    const takenBack = behind.find((other) => other.undoes === entry.key);
    if (takenBack) this.drop([entry, takenBack]);
    else if (result.status !== 409 || !result.item) this.trouble(entry, {kind: 'refused', status: result.status, message: result.message ?? ''});
    else if (behind.length === 0 && alreadySo(entry, result.item)) this.drop([entry]);
    else this.trouble(entry, {kind: 'conflict', item: result.item});
    return 0;
  }

  private async sendUndo(entry: Entry): Promise<number> {
    try {
      const {item} = await this.api.undo(entry.key, entry.annotator);
      this.remove([entry]);
      const next = this.follow(item);
      this.keep(next, [entry.key]);
      this.hooks.learned?.(item);
      this.hooks.undone?.(entry, item);
    } catch (error) {
      if (!(error instanceof ApiError) || ![400, 403, 404, 409].includes(error.status)) throw error;
      const item = (error.body as {item?: Item} | null)?.item;
      if (item) this.hooks.learned?.(item);
      this.drop([entry]);
      this.hooks.nothingToUndo?.();
    }
    this.changed();
    return 0;
  }

  private accept(entry: Entry, item: Item): void {
    this.remove([entry]);
    this.savedCount += 1;
    this.keep(this.follow(item), [entry.key]);
    this.hooks.learned?.(item);
    this.hooks.saved?.(entry, item);
  }

  // The next change of this image goes on top of `item`.
  private follow(item: Item): Entry[] {
    const index = this.entries.findIndex((entry) => entry.name === item.name && entry.kind === 'change');
    const next = this.entries[index];
    if (!next || next.revision !== null) return [];
    return [(this.entries[index] = {...next, revision: item.revision})];
  }

  private trouble(entry: Entry, trouble: Entry['trouble']): void {
    const index = this.entries.indexOf(entry);
    if (index < 0) return;
    const told = {...entry, trouble};
    this.entries[index] = told;
    this.keep([told], []);
  }

  // Takes entries out. A change that counted on one of them counts on what that one counted on.
  private drop(gone: Entry[]): void {
    this.remove(gone);
    const put: Entry[] = [];
    for (const entry of gone) {
      const index = this.entries.findIndex((other) => other.name === entry.name && other.kind === 'change');
      const next = this.entries[index];
      const first = this.entries.findIndex((other) => other.name === entry.name) === index;
      if (next && first && next.revision === null && entry.revision !== null) {
        put.push((this.entries[index] = {...next, revision: entry.revision}));
      }
    }
    this.keep(put, gone.map((entry) => entry.key));
    this.changed();
  }

  private remove(gone: readonly Entry[]): void {
    const keys = new Set(gone.map((entry) => entry.key));
    this.entries = this.entries.filter((entry) => !keys.has(entry.key));
  }

  private keep(put: Entry[], removeKeys: string[]): void {
    if (put.length + removeKeys.length > 0) void this.storage.apply(put, removeKeys).catch(() => this.storageFailed(undefined));
  }

  private storageFailed<T>(result: T): T {
    this.keptInBrowser = false;
    this.changed();
    return result;
  }

  private connect(state: Connection): void {
    if (this.connection === state) return;
    this.connection = state;
    this.changed();
  }

  // Grows even when the clock stands still or steps back.
  private newOrder(): number {
    this.nextOrder = Math.max(Date.now(), this.nextOrder + 1, (this.entries.at(-1)?.order ?? 0) + 1);
    return this.nextOrder;
  }

  private wait(): Promise<void> {
    const milliseconds = Math.min(kLongestWait, kFirstWait * 2 ** this.failures++);
    return new Promise((resolve) => {
      const timer = setTimeout(done, milliseconds);
      const wake = () => done();
      this.wake = wake;
      function done() {
        clearTimeout(timer);
        resolve();
      }
    });
  }
}
