// The outbox's storage in IndexedDB, shared by the tabs of one address.
import type {Entry} from './entries';
import type {OutboxStorage} from './outbox';

const kDatabase = 'animalctl-labeller';
const kStore = 'outbox';

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(kDatabase, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(kStore, {keyPath: 'key'});
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB cannot be opened'));
    request.onblocked = () => reject(new Error('IndexedDB is blocked'));
  });
}

export class IndexedOutbox implements OutboxStorage {
  private database: Promise<IDBDatabase> | undefined;

  async load(): Promise<Entry[]> {
    const store = (await this.open()).transaction(kStore, 'readonly').objectStore(kStore);
    return new Promise((resolve, reject) => {
      const request = store.getAll();
      request.onsuccess = () => resolve((request.result as Entry[]).sort((a, b) => a.order - b.order));
      request.onerror = () => reject(request.error ?? new Error('IndexedDB cannot be read'));
    });
  }

  // Calls reach the database in their order: a transaction waits for those before it.
  async apply(put: Entry[], removeKeys: string[]): Promise<void> {
    const transaction = (await this.open()).transaction(kStore, 'readwrite');
    const store = transaction.objectStore(kStore);
    for (const key of removeKeys) store.delete(key);
    for (const entry of put) store.put(entry);
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error('IndexedDB cannot be written'));
    });
  }

  private open(): Promise<IDBDatabase> {
    this.database ??= opened();
    return this.database;
  }
}

const nameOf = (tab: string) => `${kDatabase}.tab.${tab}`;

// Keeps this tab's entries its own while it lives (Web Locks). Where the browser has no locks, every tab takes over
// what is kept: keys make a change that is sent twice happen once.
export async function claimTab(tab: string): Promise<void> {
  const locks = navigator.locks as LockManager | undefined;
  if (!locks) return;
  await new Promise<void>((ready) => {
    void locks.request(nameOf(tab), () => {
      ready();
      return new Promise<never>(() => {});  // held until the page goes
    });
  });
}

// Whether an entry is this tab's or nobody's.
export async function ownership(tab: string): Promise<(entry: Entry) => boolean> {
  const locks = navigator.locks as LockManager | undefined;
  if (!locks) return () => true;
  const alive = new Set((await locks.query()).held?.map((lock) => lock.name));
  return (entry) => entry.tab === tab || !alive.has(nameOf(entry.tab));
}

// One tab at a time, so that no two take over the same entries.
export async function oneTabAtATime(work: () => Promise<void>): Promise<void> {
  const locks = navigator.locks as LockManager | undefined;
  if (locks) await locks.request(`${kDatabase}.adopt`, work);
  else await work();
}
