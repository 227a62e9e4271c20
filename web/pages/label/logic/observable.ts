// What views watch: a thing that says when it has changed.
export class Observable {
  private readonly watchers = new Set<() => void>();
  // Grows with every change.
  version = 0;

  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  protected changed(): void {
    this.version += 1;
    for (const watcher of [...this.watchers]) watcher();
  }
}
