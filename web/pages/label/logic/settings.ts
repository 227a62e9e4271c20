// What one person wants in this browser. Kept in localStorage; a browser that keeps nothing gives the defaults.
import {Observable} from './observable';
import {randomKey} from './random';

export interface SettingsData {
  annotator: string;         // the name a person gave where the server does not know it
  language: string;          // '': the browser's
  keysOn: boolean;           // single keys act (WCAG 2.1.4)
  keys: Record<string, string>;
  seedMode: boolean;         // a key selects, → saves
  order: string;             // of the label view
}

const kDefault: SettingsData = {annotator: '', language: '', keysOn: true, keys: {}, seedMode: false, order: 'name'};
const kPlace = 'animalctl.labeller';

type Keeper = Pick<Storage, 'getItem' | 'setItem'>;

function readKept(keeper: Keeper | undefined): SettingsData {
  try {
    const kept = JSON.parse(keeper?.getItem(kPlace) ?? '{}') as Record<string, unknown>;
    const result: Record<string, unknown> = {...kDefault};
    for (const [name, value] of Object.entries(kDefault)) if (typeof kept[name] === typeof value) result[name] = kept[name];
    return result as unknown as SettingsData;
  } catch {
    return {...kDefault};
  }
}

export class Settings extends Observable {
  data: SettingsData;

  constructor(private readonly keeper: Keeper | undefined) {
    super();
    this.data = readKept(keeper);
  }

  set(change: Partial<SettingsData>): void {
    this.data = {...this.data, ...change};
    try {
      this.keeper?.setItem(kPlace, JSON.stringify(this.data));
    } catch {
      // Full or forbidden: it holds as long as the page does.
    }
    this.changed();
  }
}

// One for a tab, the same after a reload.
export function sessionSeed(keeper: Keeper | undefined): string {
  try {
    const kept = keeper?.getItem(`${kPlace}.seed`);
    if (kept) return kept;
    const fresh = randomKey();
    keeper?.setItem(`${kPlace}.seed`, fresh);
    return fresh;
  } catch {
    return randomKey();
  }
}
