// What the views share: made once when the session is known.
import {createContext} from 'preact';
import {useContext, useLayoutEffect, useReducer} from 'preact/hooks';

import {Announcer} from './logic/announcer';
import type {Api, Item, Session} from './logic/api';
import {isBlind} from './logic/blind';
import {Deck} from './logic/deck';
import {Deeds} from './logic/deeds';
import {claimTab, IndexedOutbox, oneTabAtATime, ownership} from './logic/indexedOutbox';
import {Importing} from './logic/importing';
import {Items} from './logic/items';
import {Labelling} from './logic/labelling';
import {Listing} from './logic/listing';
import type {Observable} from './logic/observable';
import {Outbox} from './logic/outbox';
import {Pictures, type Decoder, type Delivery, type Order} from './logic/pictures';
import {Predictor} from './logic/predictor';
import {randomKey} from './logic/random';
import {sessionSeed, type Settings} from './logic/settings';
import type {Words} from './words/words';

const kRefreshMilliseconds = 10_000;
const kAdoptMilliseconds = 30_000;
const kAdoptPatience = 500;

export class Services {
  readonly announcer = new Announcer();
  readonly items = new Items();
  readonly outbox: Outbox;
  readonly deeds: Deeds;
  readonly deck: Deck;
  readonly labelling: Labelling;
  readonly pictures: Pictures;
  readonly predictor: Predictor;
  readonly grid: Listing;
  readonly importing: Importing;
  private readonly seed = sessionSeed(browserKeeper('sessionStorage'));
  private readonly tab = randomKey();

  constructor(readonly api: Api, readonly settings: Settings, readonly session: Session, readonly words: () => Words,
              private readonly signedOut: () => void) {
    const learn = (items: readonly Item[]) => this.items.learn(items);
    this.outbox = new Outbox(api, new IndexedOutbox(), this.tab);
    if (session.named) this.outbox.onlyFor = api.annotator;
    this.deeds = new Deeds(this.outbox);
    this.deck = new Deck({api, learn, view: this.view}, {state: 'unlabelled', sort: settings.data.order, seed: this.randomSeed});
    this.grid = new Listing(api, learn);
    this.importing = new Importing(api, words().notAnImage);
    this.pictures = new Pictures(makeDecoders(), (name) => new URL(`files/${encodeURIComponent(name)}`, document.baseURI).href);
    this.predictor = new Predictor({api, learn, known: (name) => this.items.get(name), now: () => performance.now()});
    this.labelling = new Labelling({
      deck: this.deck, deeds: this.deeds, view: this.view, blind: this.blind,
      seedMode: () => settings.data.seedMode, now: () => performance.now(), say: this.say,
    });
    this.outbox.hooks = {
      saved: (_, item) => this.labelling.ownChangeSaved(item),
      learned: (item) => learn([item]),
      undone: (entry, item) => this.undone(entry.undoes !== null, item),
      nothingToUndo: () => this.announcer.say(words().nothingToUndo),
      signedOut: this.signedOut,
    };
  }

  // The item as the person sees it: the server's, with what is on its way.
  view = (name: string): Item | undefined => {
    const item = this.items.get(name);
    return item && this.outbox.view(item);
  };

  blind = (item: Item): boolean =>
    (this.session.predictions === 'on' || item.prediction !== null) && isBlind(item.name, this.seed, this.session.blind_share);

  get randomSeed(): number {
    return parseInt([...this.seed].map((letter) => letter.charCodeAt(0) % 10).join('').slice(0, 9), 10);
  }

  get mayReview(): boolean {
    return this.session.role !== 'labeller';
  }

  async start(): Promise<() => void> {
    await claimTab(this.tab);
    const adopt = () => oneTabAtATime(async () => this.outbox.adopt(await ownership(this.tab))).catch(console.error);
    // First what was kept: those images are done. A browser that is slow to tell does not hold the page up.
    await Promise.race([adopt(), new Promise((resolve) => setTimeout(resolve, kAdoptPatience))]);
    void this.deck.fill();
    const timers = [setInterval(() => void adopt(), kAdoptMilliseconds), setInterval(this.refresh, kRefreshMilliseconds)];
    const awake = () => {
      if (document.visibilityState !== 'visible') return;
      this.outbox.retry();
      this.refresh();
    };
    const retry = () => this.outbox.retry();
    window.addEventListener('online', retry);
    document.addEventListener('visibilitychange', awake);
    this.refresh();
    return () => {
      timers.forEach(clearInterval);
      window.removeEventListener('online', retry);
      document.removeEventListener('visibilitychange', awake);
    };
  }

  private refresh = (): void => {
    if (document.visibilityState === 'visible') void this.items.refresh(this.api);
  };

  private undone(known: boolean, item: Item): void {
    if (known) return;  // was shown at the key press
    this.deck.goTo(item.name);
    this.announcer.say(this.words().undone.replace('{name}', item.name));
  }

  private say: ConstructorParameters<typeof Labelling>[0]['say'] = (message, details = {}) => {
    const words = this.words();
    const name = details.name ?? '';
    const outcome = details.action === 'skip' ? words.skipped : details.action === 'reject' ? words.rejected : details.label ?? '';
    const text = message === 'done' ? `${name} → ${outcome}` : words[message].replace('{name}', name);
    this.announcer.say(text, message === 'done' || message === 'undone');
  };
}

export function browserKeeper(which: 'localStorage' | 'sessionStorage'): Storage | undefined {
  try {
    return window[which];
  } catch {
    return undefined;
  }
}

// One for the image that is needed now and one for those ahead; more would take the cores that paint.
function makeDecoders(): Decoder[] {
  return [0, 1].map(() => {
    const worker = new Worker(new URL('./logic/decoder.ts', import.meta.url), {type: 'module'});
    return {
      post: (order: Order) => worker.postMessage(order),
      receive: (take: (delivery: Delivery) => void) => {
        worker.onmessage = (event: MessageEvent<Delivery>) => take(event.data);
      },
    };
  });
}

export const ServicesContext = createContext<Services | undefined>(undefined);

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (!services) throw new Error('no services');
  return services;
}

// Renders again when one of these changes, between the rendering and the watching too.
export function useWatched(...watched: Observable[]): void {
  const [, again] = useReducer((count: number, _: void) => count + 1, 0);
  const versions = () => watched.reduce((sum, thing) => sum + thing.version, 0);
  const rendered = versions();
  useLayoutEffect(() => {
    const stops = watched.map((thing) => thing.watch(() => again()));
    if (versions() !== rendered) again();
    return () => stops.forEach((stop) => stop());
  }, watched);
}
