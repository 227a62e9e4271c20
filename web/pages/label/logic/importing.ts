// Files on their way into the frames folder, one after the other.
import type {Api, ImportResult} from './api';
import {ApiError} from '../../../shared/apiError';
import {Observable} from './observable';

export interface Given {
  name: string;
  file: Blob;
}

const kTypes: Record<string, string> = {
  jpg: 'image/jpeg', jpeg: 'image/jpeg', png: 'image/png', webp: 'image/webp', bmp: 'image/bmp', zip: 'application/zip',
};

// What a file is sent as, by its name; none: it is no image of a kind that is taken.
export function importType(name: string): string | undefined {
  return kTypes[/\.([^./]+)$/.exec(name)?.[1]?.toLowerCase() ?? ''];
}

export class Importing extends Observable {
  results: ImportResult[] = [];
  waiting: Given[] = [];
  current: string | undefined;
  done = 0;
  private stopper = new AbortController();

  constructor(private readonly api: Pick<Api, 'import'>, private readonly refused: string) {
    super();
  }

  add(files: readonly Given[]): void {
    this.waiting.push(...files);
    this.changed();
    if (this.current === undefined) void this.work();
  }

  stop(): void {
    this.waiting = [];
    this.stopper.abort();
    this.changed();
  }

  private async work(): Promise<void> {
    this.stopper = new AbortController();
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
      this.current = next.name;
      this.changed();
      this.results.push(...await this.send(next));
      this.done += 1;
      this.current = undefined;
    }
    this.changed();
  }

  private async send({name, file}: Given): Promise<ImportResult[]> {
    const type = importType(name);
    const refuse = (message: string): ImportResult[] => [{name, status: 'refused', as: null, message}];
    if (!type) return refuse(this.refused);
    try {
      return await this.api.import(name, file, type, this.stopper.signal);
    } catch (error) {
      return refuse(error instanceof ApiError ? error.message : String(error));
    }
  }
}
