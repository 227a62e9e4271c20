// A list of items in the server's order, read page by page as far as somebody looks.
import type {Api, Item, Query} from './api';
import {Observable} from './observable';

export class Listing extends Observable {
  names: string[] = [];
  total: number | undefined;
  failed = false;
  loading = false;
  private cursor: string | null | undefined;
  private query: Query | undefined;
  private needed = 0;
  private round = 0;

  constructor(private readonly api: Pick<Api, 'items'>, private readonly learn: (items: readonly Item[]) => void,
              private readonly page = 200) {
    super();
  }

  get complete(): boolean {
    return this.cursor === null;
  }

  restart(query: Query, count = this.page): void {
    this.query = query;
    this.names = [];
    this.total = undefined;
    this.cursor = undefined;
    this.needed = 0;
    this.round += 1;
    this.loading = false;
    this.failed = false;
    this.changed();
    this.ensure(count);
  }

  // Reads on until `count` names are there or the list ends.
  ensure(count: number): void {
    this.needed = Math.max(this.needed, count);
    if (!this.loading && this.query) void this.read();
  }

  private async read(): Promise<void> {
    const round = this.round;
    this.loading = true;
    const seen = new Set(this.names);
    while (this.cursor !== null && this.names.length < this.needed) {
      // Far below: larger pages.
      const limit = this.needed - this.names.length > 2 * this.page ? 1000 : this.page;
      try {
        const page = await this.api.items({...this.query, limit, cursor: this.cursor});
        if (round !== this.round) return;
        this.learn(page.items);
        for (const {name} of page.items) {
          if (!seen.has(name)) this.names.push(name);
          seen.add(name);
        }
        this.cursor = page.next;
        this.total = page.total;
        this.failed = false;
      } catch {
        if (round !== this.round) return;
        this.failed = true;
        break;
      }
      this.changed();
    }
    this.loading = false;
    this.changed();
  }
}
