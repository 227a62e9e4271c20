// Every item this page has met, as the server last told it.
import type {Api, Item} from './api';
import {Observable} from './observable';

export class Items extends Observable {
  private readonly known = new Map<string, Item>();
  private sequence: number | undefined;

  get(name: string): Item | undefined {
    return this.known.get(name);
  }

  // What is older than what is known (an answer that was overtaken) changes nothing.
  learn(items: readonly Item[]): void {
    let news = false;
    for (const item of items) {
      const before = this.known.get(item.name);
      if (before && before.revision > item.revision) continue;
      // A prediction does not count as a change; an answer from before it does not undo it.
      this.known.set(item.name, item.prediction === null && before?.prediction ? {...item, prediction: before.prediction} : item);
      news = true;
    }
    if (news) this.changed();
  }

  // Asks what others have changed since the last time. Items this page never met are passed over; errors too: the next
  // time asks for the same. Returns whether everything shown must be read anew.
  async refresh(api: Api): Promise<boolean> {
    try {
      for (;;) {
        const answer = await api.changes(this.sequence);
        if (answer.forgotten) this.sequence = undefined;
        else this.sequence = answer.sequence;
        this.learn((answer.items ?? []).filter((item) => this.known.has(item.name)));
        if (answer.forgotten) return true;
        if (!answer.more) return false;
      }
    } catch {
      return false;
    }
  }
}
