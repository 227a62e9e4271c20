// Which items of a list are selected, by name, and where the cursor is. Ranges run from the anchor: where the last
// click or move without Shift was.
import {Observable} from './observable';

export class Selection extends Observable {
  readonly names = new Set<string>();
  cursor = 0;
  private anchor = 0;
  private base = new Set<string>();  // what was selected before the range

  constructor(private readonly list: () => readonly string[]) {
    super();
  }

  clear(): void {
    this.names.clear();
    this.base.clear();
    this.anchor = this.cursor;
    this.changed();
  }

  reset(): void {
    this.cursor = 0;
    this.clear();
  }

  // Plain: only this one. With `add` (Ctrl): this one too, or no longer. With `range` (Shift): from the anchor to here.
  click(index: number, {range = false, add = false} = {}): void {
    const name = this.list()[index];
    if (name === undefined) return;
    this.cursor = index;
    if (range) return this.extend();
    if (!add) this.names.clear();
    if (add && this.names.has(name)) this.names.delete(name);
    else this.names.add(name);
    this.start();
  }

  // By keyboard: the cursor goes, and takes the selection along with Shift.
  move(by: number, range: boolean): void {
    const last = this.list().length - 1;
    if (last < 0) return;
    this.cursor = Math.min(last, Math.max(0, this.cursor + by));
    if (range) return this.extend();
    this.start();
  }

  toggle(): void {
    this.click(this.cursor, {add: true});
  }

  all(): void {
    for (const name of this.list()) this.names.add(name);
    this.start();
  }

  // What a key is about: the selection in the list's order, or the item under the cursor.
  chosen(): string[] {
    if (this.names.size > 0) return this.list().filter((name) => this.names.has(name));
    const name = this.list()[this.cursor];
    return name === undefined ? [] : [name];
  }

  private start(): void {
    this.anchor = this.cursor;
    this.base = new Set(this.names);
    this.changed();
  }

  private extend(): void {
    this.names.clear();
    for (const name of this.base) this.names.add(name);
    const [first, last] = [Math.min(this.anchor, this.cursor), Math.max(this.anchor, this.cursor)];
    for (const name of this.list().slice(first, last + 1)) this.names.add(name);
    this.changed();
  }
}
