// What the person did in this page, in groups (one key on a selection is one group), so that it can be taken back.
import type {Draft, Entry} from './entries';
import type {Outbox} from './outbox';

export class Deeds {
  private readonly groups: Entry[][] = [];

  constructor(private readonly outbox: Outbox) {}

  do(drafts: readonly Draft[]): void {
    if (drafts.length > 0) this.groups.push(this.outbox.add(drafts));
  }

  // Takes the newest group back. Returns the names it is about; none when only the server can know what it was: the
  // outbox's `undone` tells then.
  undo(): string[] {
    const group = this.groups.pop() ?? this.beforeReload();
    if (!group) {
      this.outbox.undo();
      return [];
    }
    for (const entry of [...group].reverse()) this.outbox.undo({key: entry.key, name: entry.name, before: entry.before});
    return group.map((entry) => entry.name);
  }

  // The newest change that was kept over a reload and is not on the server yet.
  private beforeReload(): Entry[] | undefined {
    const undone = new Set(this.outbox.entries.map((entry) => entry.undoes));
    const last = this.outbox.entries.filter((entry) => entry.kind === 'change' && !undone.has(entry.key)).at(-1);
    return last && [last];
  }
}
