// The labelling API (docs/labelling-api.md): its types and calls.
import {ApiError} from '../../../shared/apiError';

export type ItemState = 'unlabelled' | 'labelled' | 'skipped' | 'rejected';
export type Action = 'label' | 'skip' | 'reject' | 'restore' | 'clear';

// `score`: the probability of the second class when there are two classes, else of `label`.
export interface Prediction {
  label: string;
  score: number;
  version: number;
}

export interface Item {
  name: string;
  revision: number;
  state: ItemState;
  label: string | null;
  source: string | null;
  score: number | null;
  version: number | null;
  annotator: string | null;
  labelled_at: string | null;
  prediction: Prediction | null;
  bytes: number;
  modified_at: string;
  drift: number | null;
}

export interface Change {
  key: string;
  name: string;
  revision: number;
  action: Action;
  label?: string;
  shown: Prediction | null;
  blind: boolean;
  milliseconds?: number;
}

export interface ChangeResult {
  status: number;
  item?: Item;
  message?: string;
}

export interface LabelEvent {
  id: number;
  at: string;
  name: string;
  annotator: string | null;
  action: Action;
  label: string | null;
  before: {state: ItemState; label: string | null};
  revision: number;
  shown: Prediction | null;
  blind: boolean;
  milliseconds: number | null;
  undoes: number | null;
  source: string;
}

export interface Session {
  annotator: string;
  role: 'labeller' | 'reviewer' | 'admin';
  classes: string[];
  predictions: 'on' | 'off' | 'unreachable';
  blind_share: number;
  program_version: string;
  named: boolean;
}

export interface ItemPage {
  items: Item[];
  next: string | null;
  total: number;
}

export interface Changes {
  sequence: number;
  items?: Item[];
  more?: boolean;
  forgotten?: boolean;
}

interface Followed {
  labels: number;
  agree: number;
}

export interface Progress {
  total: number;
  unlabelled: number;
  labelled: number;
  skipped: number;
  rejected: number;
  by_label: Record<string, number>;
  by_source: Record<string, number>;
  by_annotator: Record<string, number>;
  labels_last_hour: number;
  seconds_per_label: number | null;
  hours_left: number | null;
  blind: Followed;
  shown: Followed;
}

export interface AgreementPair {
  first: string;
  second: string;
  items: number;
  agree: number;
  kappa: number | null;
}

export interface ImportResult {
  name: string;
  status: 'imported' | 'duplicate' | 'refused';
  as: string | null;
  message: string | null;
}

export type Query = Record<string, string | number | boolean | undefined>;

// `status` 0: the server was not reached, or what came is not ours.
const kPatienceMilliseconds = 30_000;

// Header values are bytes: the name goes as UTF-8.
export function headerValue(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

export function segment(name: string): string {
  return encodeURIComponent(name);
}

export const imageAddress = (name: string) => `files/${segment(name)}`;
export const thumbnailAddress = (name: string) => `thumbnails/${segment(name)}`;

export function queryText(query: Query): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== '' && value !== false);
  return new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
}

export class Api {
  // `annotator`: whom changes and questions are signed with; empty: the server knows by itself.
  constructor(public annotator = '', private readonly request: typeof fetch = (...given) => fetch(...given)) {}

  session = () => this.get<Session>('api/session');
  items = (query: Query, signal?: AbortSignal) => this.get<ItemPage>(`api/items?${queryText(query)}`, signal);
  item = (name: string) => this.get<{item: Item; history: LabelEvent[]}>(`api/items/${segment(name)}`);
  progress = () => this.get<Progress>('api/progress');
  agreement = () => this.get<{pairs: AgreementPair[]}>('api/agreement');
  changes = (since?: number) => this.get<Changes>(`api/changes?${queryText({since})}`);
  predictions = (names: string[]) => this.post<{items: Item[]}>('api/predictions', {names});

  labels(changes: Change[], annotator = this.annotator) {
    return this.post<{results: ChangeResult[]}>('api/labels', {changes}, annotator);
  }

  undo(key: string, annotator = this.annotator) {
    return this.post<{item: Item; undone: LabelEvent}>('api/undo', {key}, annotator);
  }

  async import(name: string, body: Blob, type: string, signal: AbortSignal): Promise<ImportResult[]> {
    const answer = await this.call<{results: ImportResult[]}>(`api/import?${queryText({name})}`,
      {method: 'POST', headers: {'Content-Type': type}, body, signal}, this.annotator, 0);
    return answer.results;
  }

  private get<T>(address: string, signal?: AbortSignal): Promise<T> {
    return this.call<T>(address, signal ? {signal} : {});
  }

  private post<T>(address: string, body: unknown, annotator?: string): Promise<T> {
    const text = JSON.stringify(body);
    // Lets the request outlive the page; browsers allow it for small ones only.
    const keepalive = text.length < 30_000;
    return this.call<T>(address, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: text, keepalive}, annotator);
  }

  private async call<T>(address: string, init: RequestInit, annotator = this.annotator, patience = kPatienceMilliseconds): Promise<T> {
    const headers = new Headers(init.headers);
    if (annotator) headers.set('X-Annotator', headerValue(annotator));
    const stop = new AbortController();
    const timer = patience > 0 ? setTimeout(() => stop.abort(), patience) : undefined;
    init.signal?.addEventListener('abort', () => stop.abort());
    try {
      const response = await this.request(address, {...init, headers, signal: stop.signal, credentials: 'same-origin'});
      const body: unknown = await response.json().catch(() => null);
      if (response.ok && body !== null && typeof body === 'object') return body as T;
      const message = (body as {message?: unknown} | null)?.message;
      throw new ApiError(response.ok ? 0 : response.status, typeof message === 'string' ? message : `status ${response.status}`, body);
    } catch (error) {
      if (init.signal?.aborted || error instanceof ApiError) throw error;
      throw new ApiError(0, String(error));
    } finally {
      clearTimeout(timer);
    }
  }
}
