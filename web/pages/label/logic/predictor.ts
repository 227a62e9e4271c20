// Asks the model for the images that come next, each once; one that got no answer is asked for again later.
import type {Api, Item} from './api';

export interface PredictorNeeds {
  api: Pick<Api, 'predictions'>;
  known(name: string): Item | undefined;
  learn(items: readonly Item[]): void;
  now(): number;
}

const kMost = 64;
const kAgainMilliseconds = 20_000;

export class Predictor {
  private readonly asked = new Map<string, number>();  // name → when
  private running = false;
  private wanted: readonly string[] = [];

  constructor(private readonly needs: PredictorNeeds) {}

  want(names: readonly string[]): void {
    this.wanted = names;
    if (!this.running) void this.ask();
  }

  private due(): string[] {
    const before = this.needs.now() - kAgainMilliseconds;
    return this.wanted.filter((name) => {
      const asked = this.asked.get(name);
      return !this.needs.known(name)?.prediction && (asked === undefined || asked < before);
    }).slice(0, kMost);
  }

  private async ask(): Promise<void> {
    this.running = true;
    for (let names = this.due(); names.length > 0; names = this.due()) {
      for (const name of names) this.asked.set(name, this.needs.now());
      try {
        this.needs.learn((await this.needs.api.predictions(names)).items);
      } catch {
        // Labelling works without.
      }
    }
    this.running = false;
  }
}
