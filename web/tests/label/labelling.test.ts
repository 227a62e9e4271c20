import {beforeEach, describe, expect, test} from 'vitest';

import {Api, type Item} from '../../pages/label/logic/api';
import {Deck} from '../../pages/label/logic/deck';
import {Deeds} from '../../pages/label/logic/deeds';
import {Items} from '../../pages/label/logic/items';
import {Labelling} from '../../pages/label/logic/labelling';
import {Outbox} from '../../pages/label/logic/outbox';
import {FakeServer, item} from './fakes';

const kSuggestion = {label: 'DOG', score: 0.9, version: 2};

let now = 1000;
let seedMode = false;
let blindNames = new Set<string>();
let said: string[] = [];
let items: Items;
let outbox: Outbox;
let deck: Deck;
let labelling: Labelling;

function view(name: string): Item | undefined {
  const known = items.get(name);
  return known && outbox.view(known);
}

// What the stage does when the current image is on the screen.
function paint() {
  const shown = view(deck.current ?? '');
  if (shown) labelling.painted(shown, now);
}

function sent() {
  return outbox.entries.map(({name, revision, action, label}) => ({name, revision, action, label}));
}

beforeEach(async () => {
  [now, seedMode, blindNames, said] = [1000, false, new Set(), []];
  const server = new FakeServer(['a', 'b', 'c'].map((name) => item(name, {prediction: kSuggestion})));
  server.hold();
  const api = new Api('anna', server.fetch);
  items = new Items();
  outbox = new Outbox(api, {load: async () => [], apply: async () => {}}, 'tab');
  deck = new Deck({api: {items: async () => ({items: [...server.items.values()], next: null, total: 3})}, learn: (found) => items.learn(found), view}, {});
  labelling = new Labelling({
    deck, deeds: new Deeds(outbox), view, blind: (each) => blindNames.has(each.name), seedMode: () => seedMode, now: () => now,
    say: (message) => said.push(message),
  });
  await deck.fill();
  paint();
});

describe('one key', () => {
  test('labels what is on the screen, and goes on', () => {
    now = 1812;
    labelling.run('class:CAT');
    expect(outbox.entries[0]).toMatchObject({name: 'a', revision: 0, label: 'CAT', shown: kSuggestion, blind: false, milliseconds: 812});
    expect(deck.current).toBe('b');
  });

  test('does nothing before the next image is painted', () => {
    labelling.run('class:CAT');
    labelling.run('class:DOG');
    labelling.run('reject');
    expect(sent()).toEqual([{name: 'a', revision: 0, action: 'label', label: 'CAT'}]);
    expect(said).toEqual(['done', 'notPainted', 'notPainted']);
    paint();
    labelling.run('class:DOG');
    expect(sent()[1]).toEqual({name: 'b', revision: 0, action: 'label', label: 'DOG'});
  });

  test('is bound to the revision that was seen, not to one that came later unseen', () => {
    items.learn([item('a', {revision: 4, state: 'labelled', label: 'DOG', annotator: 'ben'})]);
    labelling.run('class:CAT');
    expect(sent()[0]).toMatchObject({name: 'a', revision: 0});
  });

  test('accepts as it overrides: with one press', () => {
    labelling.run('accept');
    expect(sent()[0]).toMatchObject({label: 'DOG'});
    paint();
    labelling.run('class:CAT');
    expect(sent()[1]).toMatchObject({label: 'CAT'});
  });

  test('rejects, skips, and leaves what is already so', () => {
    labelling.run('reject');
    paint();
    labelling.run('skip');
    expect(sent().map((entry) => entry.action)).toEqual(['reject', 'skip']);
    labelling.run('back');
    labelling.run('back');
    paint();
    labelling.run('next');
    expect(outbox.entries).toHaveLength(2);
  });

  test('on the label an image has changes nothing', () => {
    labelling.run('class:CAT');
    labelling.run('back');
    paint();
    labelling.run('class:CAT');
    expect(outbox.entries).toHaveLength(1);
    expect(deck.current).toBe('b');
  });
});

describe('a suggestion', () => {
  test('that comes late does not change what was chosen, nor what is said to have been shown', () => {
    items.learn([item('a', {prediction: {label: 'CAT', score: 0.1, version: 3}})]);
    labelling.run('class:DOG');
    expect(outbox.entries[0]).toMatchObject({label: 'DOG', shown: kSuggestion});
  });

  test('is withheld from blind images and cannot be accepted there', () => {
    blindNames = new Set(['a']);
    paint();
    labelling.run('accept');
    expect(said).toEqual(['noSuggestion']);
    labelling.run('class:CAT');
    expect(outbox.entries[0]).toMatchObject({shown: null, blind: true});
  });
});

describe('undo', () => {
  test('goes back to the image as it was', () => {
    labelling.run('class:CAT');
    paint();
    labelling.run('class:DOG');
    labelling.run('undo');
    expect(deck.current).toBe('b');
    expect(view('b')?.state).toBe('unlabelled');
    labelling.run('undo');
    expect(deck.current).toBe('a');
    expect(view('a')?.state).toBe('unlabelled');
  });

  test('and another label afterwards goes on top', () => {
    labelling.run('class:CAT');
    labelling.run('undo');
    paint();
    labelling.run('class:DOG');
    expect(view('a')).toMatchObject({state: 'labelled', label: 'DOG'});
  });
});

describe('the way of the seed', () => {
  beforeEach(() => {
    seedMode = true;
  });

  test('selects with a key and saves with the arrow', () => {
    labelling.run('class:CAT');
    expect(outbox.entries).toHaveLength(0);
    labelling.run('class:DOG');
    expect(labelling.selected).toBe('DOG');
    labelling.run('next');
    expect(sent()).toEqual([{name: 'a', revision: 0, action: 'label', label: 'DOG'}]);
    expect(labelling.selected).toBeUndefined();
  });

  test('goes on without a label when nothing is selected', () => {
    labelling.run('next');
    expect(outbox.entries).toHaveLength(0);
    expect(deck.current).toBe('b');
  });

  test('asks before it rejects, and keys do nothing meanwhile', () => {
    labelling.run('reject');
    expect(labelling.askingReject).toBe(true);
    labelling.run('class:CAT');
    expect(labelling.selected).toBeUndefined();
    labelling.confirmReject(false);
    expect(outbox.entries).toHaveLength(0);
    labelling.run('reject');
    labelling.confirmReject(true);
    expect(sent()[0]).toMatchObject({action: 'reject'});
  });
});
