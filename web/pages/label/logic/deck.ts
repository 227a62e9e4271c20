// The images a person goes through: those still to label in the chosen order, read page by page, and those already
// done, to go back to.
import type {Api, Item, Query} from './api';
import {Observable} from './observable';

export interface DeckNeeds {
  api: Pick<Api, 'items'>;
  learn(items: readonly Item[]): void;
  // The item as the person sees it, with what is on its way.
  view(name: string): Item | undefined;
}

const kPage = 100;
const kEnough = 40;

export class Deck extends Observable {
  names: string[] = [];
  index = 0;
  total: number | undefined;  // unlabelled, when last asked
  failed = false;
  private known = new Set<string>();
  private cursor: string | null | undefined;  // undefined: nothing read yet; null: read to the end
  private loading: Promise<void> | undefined;
  private round = 0;

  constructor(private readonly needs: DeckNeeds, private query: Query) {
    super();
  }

  get current(): string | undefined {
    return this.names[this.index];
  }

  // Nothing left after everything was read.
  get finished(): boolean {
    return this.current === undefined && this.cursor === null;
  }

  // The names after the current one that are still to do, at most `count`.
  ahead(count: number): string[] {
    const result: string[] = [];
    for (let index = this.index + 1; index < this.names.length && result.length < count; ++index) {
      const name = this.names[index];
      if (name !== undefined && this.open(name)) result.push(name);
    }
    return result;
  }

  behind(count: number): string[] {
    return this.names.slice(Math.max(0, this.index - count), this.index).reverse();
  }

  // Another order or filter: starts anew, and with `keep` on the image that is shown.
  async restart(query: Query, keep?: string): Promise<void> {
    this.query = query;
    this.names = keep === undefined ? [] : [keep];
    this.known = new Set(this.names);
    this.index = 0;
    this.cursor = undefined;
    this.loading = undefined;
    this.round += 1;
    this.changed();
    await this.fill();
  }

  // Reads pages until enough is ahead. One reader at a time; the answer to an earlier query is dropped.
  fill(): Promise<void> {
    if (!this.loading) {
      const reading = this.read().finally(() => {
        if (this.loading === reading) this.loading = undefined;
      });
      this.loading = reading;
    }
    return this.loading;
  }

  next(): void {
    let index = this.index + 1;
    while (index < this.names.length && !this.open(this.names[index] ?? '')) index += 1;
    this.index = Math.min(index, this.names.length);
    this.changed();
    if (this.names.length - this.index < kEnough && this.cursor !== null) void this.fill();
  }

  back(): boolean {
    if (this.index === 0) return false;
    this.index -= 1;
    this.changed();
    return true;
  }

  // Shows one image: where it is in the deck, or put in before the current one.
  goTo(name: string): void {
    const at = this.names.indexOf(name);
    if (at >= 0) {
      this.index = at;
    } else {
      this.names.splice(this.index, 0, name);
      this.known.add(name);
    }
    this.changed();
  }

  // Looks for images that came since it was finished.
  async again(): Promise<void> {
    this.cursor = undefined;
    await this.fill();
  }

  // What somebody else has labelled meanwhile is passed over, unless it was on the screen.
  private open(name: string): boolean {
    const item = this.needs.view(name);
    return item === undefined || item.state === 'unlabelled';
  }

  private async read(): Promise<void> {
    const round = this.round;
    while (this.cursor !== null && this.names.length - this.index < kEnough) {
      try {
        const page = await this.needs.api.items({...this.query, limit: kPage, cursor: this.cursor ?? undefined});
        if (round !== this.round) return;
        this.needs.learn(page.items);
        this.take(page.items);
        this.cursor = page.next;
        this.total = page.total;
        this.failed = false;
      } catch {
        if (round !== this.round) return;
        this.failed = true;
        this.changed();
        return;
      }
      this.changed();
    }
  }

  private take(items: readonly Item[]): void {
    for (const {name} of items) {
      if (!this.open(name)) continue;
      const at = this.known.has(name) ? this.names.indexOf(name) : -1;
      if (at >= this.index) continue;
      if (at >= 0) {  // passed without a label: comes again
        this.names.splice(at, 1);
        this.index -= 1;
      }
      this.names.push(name);
      this.known.add(name);
    }
  }
}
