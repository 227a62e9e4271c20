// What the label view does: a command is bound to the image that is painted when the key goes down, by name and
// revision, and to nothing that is still on its way to the screen.
import type {Action, Item, Prediction} from './api';
import type {Deck} from './deck';
import type {Deeds} from './deeds';
import {Observable} from './observable';
import type {Command} from './keymap';

// The image on the screen and what was shown with it.
export interface OnScreen {
  name: string;
  revision: number;
  suggestion: Prediction | null;
  blind: boolean;
  since: number;  // when it was painted, as performance.now()
}

export interface LabellingNeeds {
  deck: Deck;
  deeds: Deeds;
  view(name: string): Item | undefined;
  blind(item: Item): boolean;
  seedMode(): boolean;
  now(): number;
  // Says what happened: a message of the dictionary.
  say(message: 'done' | 'notPainted' | 'noSuggestion' | 'undone' | 'undoing' | 'first', details?: {name?: string; label?: string | null; action?: Action}): void;
}

export function suggestionFor(item: Item | undefined, blind: boolean): Prediction | null {
  return blind ? null : item?.prediction ?? null;
}

export class Labelling extends Observable {
  onScreen: OnScreen | undefined;
  selected: string | undefined;    // seed mode: the class that → will save
  askingReject = false;            // seed mode: reject asks first
  zoomed = false;
  helpOpen = false;

  constructor(private readonly needs: LabellingNeeds) {
    super();
  }

  // The stage has painted the current image (or said that it cannot be shown).
  painted(item: Item, since: number): void {
    const blind = this.needs.blind(item);
    const same = this.onScreen?.name === item.name;
    this.onScreen = {
      name: item.name, revision: item.revision, blind, suggestion: suggestionFor(item, blind),
      since: same && this.onScreen ? this.onScreen.since : since,
    };
  }

  // This page's own change of the image that is shown has reached the server.
  ownChangeSaved(item: Item): void {
    if (this.onScreen?.name === item.name) this.onScreen = {...this.onScreen, revision: item.revision};
  }

  run(command: Command): void {
    if (this.askingReject) return;
    switch (command) {
      case 'accept': return this.accept();
      case 'reject': return this.reject();
      case 'skip': return this.change('skip', null);
      case 'undo': return this.undo();
      case 'back': return this.back();
      case 'next': return this.next();
      case 'zoom': return this.set({zoomed: !this.zoomed});
      case 'help': return this.set({helpOpen: true});
      default: return this.choose(command.slice('class:'.length));
    }
  }

  confirmReject(yes: boolean): void {
    this.set({askingReject: false});
    if (yes) this.change('reject', null);
  }

  closeHelp(): void {
    this.set({helpOpen: false});
  }

  private choose(label: string): void {
    if (this.needs.seedMode()) this.set({selected: label});
    else this.change('label', label);
  }

  private accept(): void {
    const suggestion = this.painting()?.suggestion;
    if (suggestion === undefined) return this.needs.say('notPainted');
    if (suggestion === null) return this.needs.say('noSuggestion');
    this.choose(suggestion.label);
  }

  private reject(): void {
    if (this.needs.seedMode()) this.set({askingReject: true});
    else this.change('reject', null);
  }

  private next(): void {
    if (this.needs.seedMode() && this.selected !== undefined) return this.change('label', this.selected);
    this.needs.deck.next();
    this.set({selected: undefined, zoomed: false});
  }

  private back(): void {
    if (!this.needs.deck.back()) return this.needs.say('first');
    this.set({selected: undefined, zoomed: false});
  }

  private undo(): void {
    const [name] = this.needs.deeds.undo();
    if (name === undefined) return this.needs.say('undoing');
    this.needs.deck.goTo(name);
    this.set({selected: undefined, zoomed: false});
    this.needs.say('undone', {name});
  }

  // The image that a key is about: the deck's current one, and only when it is what the person sees.
  private painting(): OnScreen | undefined {
    return this.onScreen?.name === this.needs.deck.current ? this.onScreen : undefined;
  }

  private change(action: Action, label: string | null): void {
    const seen = this.painting();
    const item = seen && this.needs.view(seen.name);
    if (!seen || !item) return this.needs.say('notPainted');
    const already = action === 'label' && item.state === 'labelled' && item.label === label;
    if (!already) {
      this.needs.deeds.do([{
        name: seen.name, revision: seen.revision, action, label, shown: seen.suggestion, blind: seen.blind,
        milliseconds: this.needs.now() - seen.since, before: {state: item.state, label: item.label},
      }]);
    }
    this.needs.deck.next();
    this.set({selected: undefined, zoomed: false});
    this.needs.say('done', {name: seen.name, label, action});
  }

  private set(change: Partial<Pick<Labelling, 'selected' | 'askingReject' | 'zoomed' | 'helpOpen'>>): void {
    Object.assign(this, change);
    this.changed();
  }
}
