// What /api/v1 says (docs/labelling-api.md, "The console").
import {ApiError} from '../../../shared/apiError';

export interface Session {
  annotator: string;
  role: 'labeller' | 'reviewer' | 'admin';
  named: boolean;
}

export interface Run {
  id: string;
  state: string;
  model: string;
  version: number;
  parent: number | null;
  labels: number;
  data_digest: string;
  reason: string;
  started_at: string;
  finished_at: string | null;
  seconds: number | null;
}

export interface Step {
  step: string;
  state: string;
  attempts: number;
  started_at: string | null;
  finished_at: string | null;
  seconds: number | null;
  exit_code: number | null;
  reason: string;
}

export interface Gate {
  name: string;
  verdict: string;
  reason: string;
}

export interface Decision {
  id: number;
  at: string;
  run: string;
  kind: string;
  verdict: string;
  reason: string;
  detail: Record<string, unknown> | null;
}

export interface Epoch {
  epoch: number;
  train_loss: number | null;
  val_loss: number | null;
  val_accuracy: number | null;
  learning_rate: number | null;
  best: boolean;
}

export interface Runs {
  runs: Run[];
  decisions: Decision[];
  run_requested: string | null;
}

export interface RunDetail {
  run: Run;
  steps: Step[];
  gates: Gate[];
  decisions: Decision[];
  curves: {epochs: Epoch[]} | null;
  logs: {step: string; bytes: number}[];
}

export interface Metric {
  name: string;
  value: number;
  low: number | null;
  high: number | null;
}

export interface Version {
  version: number;
  created_at: string;
  run: string;
  architecture: string;
  train_images: number;
  val_images: number;
  parent: number | null;
  trigger: string;
  metrics: Metric[];
  gates: Gate[];
  refused: string | null;
  pruned: boolean;
}

export interface HistoryEntry {
  sequence: number;
  at: string;
  action: string;
  alias: string;
  version: number | null;
  champion_before: number | null;
  champion_after: number | null;
  reason: string;
  by: string;
}

export interface Model {
  name: string;
  aliases: {champion: number | null; challenger: number | null; previous: number | null};
  versions: Version[];
  history: HistoryEntry[];
}

export interface VersionDetail {
  summary: Version;
  record: Record<string, unknown>;
  card: string;
}

export interface DriftWindow {
  counted: boolean;
  adjusted_p_value?: number;
  effect?: number;
  drifted?: boolean;
}

export interface DriftBar {
  name: string;
  reference: number;
  current: number;
}

export interface DriftInput {
  input: string;
  verdict: string;
  test: string;
  effect_name: string;
  effect: number;
  floor: number;
  hits: number;
  looked: number;
  reference_count: number;
  current_count: number;
  reference_mean: number;
  current_mean: number;
  psi: number;
  windows: DriftWindow[];
  bars: DriftBar[];
}

export interface Stretch {
  from: string | null;
  until: string | null;
  answers: number;
  pictures: number;
}

export interface DriftedImage {
  digest: string;
  frame: string;
  time: string;
  label: string;
  confidence: number;
  input: string;
  value: number;
  distance: number;
}

export interface DriftReport {
  model: string;
  version: number;
  verdict: string;
  reason: string;
  reference: Stretch;
  windows: Stretch[];
  inputs: DriftInput[];
  accuracy: {
    validation: number | null;
    estimated_reference: number | null;
    estimated: number | null;
    estimated_interval?: [number, number];
    labelled: {count: number; right: number; interval: [number, number]};
    audited: {count: number; right: number; interval: [number, number]};
  };
  images: DriftedImage[];
}

export interface CanaryVersion {
  version: number;
  role: string;
  answers: number;
  mean_confidence: number;
  mean_ms: number;
  last_at: string | null;
}

export interface Canary {
  model: string;
  run: Run | null;
  since: string;
  config: {traffic: number; current_version: number; previous_version: number; shadow: boolean} | null;
  problem: string | null;
  versions: CanaryVersion[];
  timeline: {bucket_seconds: number; buckets: {at: string; answers: Record<string, number>}[]};
  decisions: Decision[];
  stop_requested: string | null;
}

// `status` 0: the server was not reached, or what came is not ours.
const kPatienceMilliseconds = 30_000;

// Header values are bytes: the name goes as UTF-8.
function headerValue(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

export class Api {
  // `annotator`: who acts, where the server does not know by a token. `base`: where the server's paths begin.
  constructor(public annotator: string, private readonly base = '../', private readonly ask: Fetch = (...call) => fetch(...call)) {}

  session = () => this.get<Session>('api/session');
  runs = () => this.get<Runs>('api/v1/runs');
  run = (id: string) => this.get<RunDetail>(`api/v1/runs/${encodeURIComponent(id)}`);
  models = () => this.get<{models: Model[]}>('api/v1/models');
  version = (model: string, version: number) => this.get<VersionDetail>(`api/v1/models/${encodeURIComponent(model)}/${version}`);
  drift = () => this.get<DriftReport>('api/v1/drift');
  canary = () => this.get<Canary>('api/v1/canary');
  promote = (model: string, version: number, reason: string) =>
    this.post(`api/v1/models/${encodeURIComponent(model)}/promote`, {version, reason});
  rollBack = (model: string, reason: string) => this.post(`api/v1/models/${encodeURIComponent(model)}/rollback`, {reason});
  request = (request: 'run-now' | 'stop-canary', reason: string) => this.post('api/v1/requests', {request, reason});

  logAddress(run: string, step: string): string {
    return `${this.base}api/v1/runs/${encodeURIComponent(run)}/log/${encodeURIComponent(step)}`;
  }
  thumbnail = (frame: string) => `${this.base}thumbnails/${encodeURIComponent(frame)}`;

  private get<T>(path: string): Promise<T> {
    return this.call<T>(path, {});
  }

  private post(path: string, body: unknown): Promise<unknown> {
    return this.call(path, {method: 'POST', body: JSON.stringify(body), headers: {'Content-Type': 'application/json'}});
  }

  private async call<T>(path: string, init: RequestInit): Promise<T> {
    const headers: Record<string, string> = {...(init.headers as Record<string, string> | undefined)};
    if (this.annotator) headers['X-Annotator'] = headerValue(this.annotator);
    let answer: Response;
    try {
      answer = await this.ask(this.base + path, {...init, headers, cache: 'no-store', signal: AbortSignal.timeout(kPatienceMilliseconds)});
    } catch (error) {
      throw new ApiError(0, String(error));
    }
    const body = await answer.json().catch(() => null) as (T & {message?: string}) | null;
    if (!answer.ok) throw new ApiError(answer.status, body?.message ?? answer.statusText);
    if (body === null) throw new ApiError(0, 'the answer is no JSON');
    return body;
  }
}
