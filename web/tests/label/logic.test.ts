import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest';

import {Api, headerValue, imageAddress, type Item, type ItemPage, type Query} from '../../pages/label/logic/api';
import {isBlind} from '../../pages/label/logic/blind';
import {Deck} from '../../pages/label/logic/deck';
import {itemQuery, readFilter} from '../../pages/label/logic/filters';
import {Importing, importType} from '../../pages/label/logic/importing';
import {Items} from '../../pages/label/logic/items';
import {Listing} from '../../pages/label/logic/listing';
import {mixed} from '../../pages/label/logic/mix';
import {Pictures, type Decoder, type Delivery, type Order} from '../../pages/label/logic/pictures';
import {Predictor} from '../../pages/label/logic/predictor';
import {randomKey} from '../../pages/label/logic/random';
import {readRoute, writeRoute} from '../../pages/label/logic/router';
import {Selection} from '../../pages/label/logic/selection';
import {Settings} from '../../pages/label/logic/settings';
import {kCellHeight, kGap, layoutOf, scrollFor} from '../../pages/label/logic/virtual';
import {chooseLanguage, fill, kLanguages, loadWords, type Language} from '../../pages/label/words/words';
import {item} from './fakes';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());
const settle = () => vi.advanceTimersByTimeAsync(0);

// Pages of a list of names, as the API gives them.
function pages(names: () => string[]) {
  const asked: Query[] = [];
  const items = async (query: Query): Promise<ItemPage> => {
    asked.push(query);
    const [at, limit] = [Number(query['cursor'] ?? 0), Number(query['limit'])];
    const all = names();
    return {items: all.slice(at, at + limit).map((name) => item(name)), next: at + limit < all.length ? String(at + limit) : null, total: all.length};
  };
  return {items, asked};
}

const numbered = (count: number) => Array.from({length: count}, (_, index) => `${String(index).padStart(5, '0')}.png`);

describe('the blind choice', () => {
  test('is the same for the same name and seed', () => {
    expect(numbered(1000).map((name) => isBlind(name, 's', 0.05))).toEqual(numbered(1000).map((name) => isBlind(name, 's', 0.05)));
    expect(numbered(1000).map((name) => isBlind(name, 's', 0.05))).not.toEqual(numbered(1000).map((name) => isBlind(name, 't', 0.05)));
  });

  test.each([0, 0.05, 0.5, 1])('is made for a share of %f', (share) => {
    const blind = numbered(20_000).filter((name) => isBlind(name, 'seed', share)).length / 20_000;
    expect(Math.abs(blind - share)).toBeLessThan(0.01);
  });
});

describe('addresses', () => {
  const odd = ['a#b?c%20&d=\'".png', '😀.png', 'ü'.repeat(120), '<img src=x>', 'a+b c.png'];

  test('of views carry odd names there and back', () => {
    for (const name of odd) expect(readRoute(writeRoute('label', {name}))).toEqual({view: 'label', query: {name}});
  });

  test('that are unknown or damaged are the label view', () => {
    expect(readRoute('').view).toBe('label');
    expect(readRoute('#/nowhere?x=1').view).toBe('label');
    expect(readRoute('#/grid?a=%E0%A4%A').view).toBe('grid');
  });

  test('of images are one segment', () => {
    for (const name of odd) {
      expect(imageAddress(name).split('/')).toHaveLength(2);
      expect(decodeURIComponent(imageAddress(name).slice('files/'.length))).toBe(name);
      expect(imageAddress(name)).not.toMatch(/[#?"<> ]/);
    }
  });

  test('names of people travel as UTF-8 in a header', () => {
    expect(() => new Headers({'X-Annotator': headerValue('Zoë 张')})).not.toThrow();
  });
});

describe('the deck', () => {
  function deckOf(names: string[], more: {[name: string]: Item} = {}) {
    const source = pages(() => names);
    const known = new Map<string, Item>();
    const deck = new Deck({
      api: source, learn: (items) => items.forEach((each) => known.set(each.name, more[each.name] ?? each)), view: (name) => known.get(name),
    }, {state: 'unlabelled', sort: 'name'});
    return {deck, known, asked: source.asked};
  }

  test('goes forward and back, and reads the next page before it is needed', async () => {
    const {deck, asked} = deckOf(numbered(250));
    await deck.fill();
    expect(deck.current).toBe('00000.png');
    expect(deck.back()).toBe(false);
    for (let step = 0; step < 70; ++step) deck.next();
    await settle();
    expect(asked).toHaveLength(2);
    expect(deck.current).toBe('00070.png');
    expect(deck.back()).toBe(true);
    expect(deck.current).toBe('00069.png');
    expect(deck.ahead(3)).toEqual(['00070.png', '00071.png', '00072.png']);
  });

  test('ends when everything was read', async () => {
    const {deck} = deckOf(numbered(2));
    await deck.fill();
    deck.next();
    expect(deck.finished).toBe(false);
    deck.next();
    expect(deck.finished).toBe(true);
    expect(deck.current).toBeUndefined();
    expect(deck.back()).toBe(true);
  });

  test('passes over what somebody else has labelled meanwhile', async () => {
    const {deck, known} = deckOf(numbered(4));
    await deck.fill();
    known.set('00001.png', item('00001.png', {state: 'labelled', label: 'CAT'}));
    deck.next();
    expect(deck.current).toBe('00002.png');
  });

  test('brings back what was passed without a label when asked for more', async () => {
    const names = numbered(2);
    const {deck} = deckOf(names);
    await deck.fill();
    deck.next();
    names.pop();  // labelled
    deck.next();
    await deck.again();
    expect(deck.current).toBe('00000.png');
    expect(deck.names).toEqual(['00001.png', '00000.png']);
  });

  test('starts anew with another order and drops the answer to the old one', async () => {
    const {deck, asked} = deckOf(numbered(3));
    const first = deck.fill();
    const second = deck.restart({state: 'unlabelled', sort: 'random', seed: 4});
    await Promise.all([first, second]);
    expect(asked.map((query) => query['sort'])).toEqual(['name', 'random']);
    expect(deck.names).toEqual(numbered(3));
  });

  test('says when the server is away and reads on later', async () => {
    let down = true;
    const source = pages(() => numbered(1));
    const deck = new Deck({
      api: {items: (query) => (down ? Promise.reject(new Error('down')) : source.items(query))}, learn: () => {}, view: (name) => item(name),
    }, {});
    await deck.fill();
    expect(deck.failed).toBe(true);
    down = false;
    await deck.fill();
    expect(deck.failed).toBe(false);
    expect(deck.current).toBe('00000.png');
  });
});

describe('a selection', () => {
  test('has ranges by Shift and single ones by Ctrl', () => {
    const names = numbered(10);
    const selection = new Selection(() => names);
    selection.click(2);
    selection.click(5, {range: true});
    expect([...selection.names]).toEqual(names.slice(2, 6));
    selection.click(3, {range: true});
    expect(selection.chosen()).toEqual(names.slice(2, 4));
    selection.click(8, {add: true});
    expect(selection.chosen()).toEqual([names[2], names[3], names[8]]);
    selection.click(2, {add: true});
    expect(selection.chosen()).toEqual([names[3], names[8]]);
  });

  test('goes by keyboard and stays within the list', () => {
    const names = numbered(10);
    const selection = new Selection(() => names);
    selection.move(-1, false);
    expect(selection.chosen()).toEqual([names[0]]);
    selection.move(3, true);
    expect(selection.chosen()).toEqual(names.slice(0, 4));
    selection.move(Infinity, true);
    expect(selection.chosen()).toEqual(names);
    selection.clear();
    expect(selection.chosen()).toEqual([names[9]]);
  });
});

describe('the virtual grid', () => {
  test('draws what is near the screen only', () => {
    const layout = layoutOf({width: 1240, height: 700, scrollTop: 100_000, count: 100_000});
    expect(layout.columns).toBe(6);
    expect(layout.end - layout.first).toBeLessThan(60);
    expect(layout.firstVisible).toBeGreaterThanOrEqual(layout.first);
    expect(layout.endVisible).toBeLessThanOrEqual(layout.end);
    expect(layout.total).toBe(Math.ceil(100_000 / 6) * (kCellHeight + kGap) - kGap);
  });

  test('scrolls as little as shows an item whole', () => {
    const view = {height: 700, scrollTop: 456};
    expect(scrollFor(0, 6, view)).toBe(0);
    expect(scrollFor(13, 6, view)).toBe(456);
    expect(scrollFor(60, 6, view)).toBe(10 * (kCellHeight + kGap) + kCellHeight - 700);
  });

  test('has room for nothing', () => {
    expect(layoutOf({width: 300, height: 500, scrollTop: 0, count: 0})).toMatchObject({first: 0, end: 0, total: 0});
  });
});

describe('a listing', () => {
  test('reads as far as somebody looks, in larger pages far below', async () => {
    const source = pages(() => numbered(5000));
    const listing = new Listing(source, () => {});
    listing.restart({sort: 'name'});
    await settle();
    expect(listing.names).toHaveLength(200);
    listing.ensure(4000);
    await settle();
    expect(listing.names.length).toBeGreaterThanOrEqual(4000);
    expect(source.asked.length).toBeLessThan(8);
  });
});

test('production is reviewed by confidence and drift in turn, and every tenth at random', () => {
  const list = (prefix: string, count: number) => ({names: numbered(count).map((name) => prefix + name), complete: true});
  const rows = mixed({confidence: list('c', 30), drift: list('d', 30), audit: list('a', 30)});
  expect(rows.slice(0, 10).map((row) => row.reason)).toEqual(
    ['confidence', 'drift', 'confidence', 'drift', 'confidence', 'drift', 'confidence', 'drift', 'confidence', 'audit']);
  expect(rows).toHaveLength(90);
  const same = {names: numbered(7), complete: true};
  expect(mixed({confidence: same, drift: same, audit: same}).map((row) => row.name).sort()).toEqual(numbered(7));
  const none = {names: [], complete: true};
  const without = mixed({confidence: list('c', 30), drift: none, audit: list('a', 30)}).map((row) => row.reason);
  expect(without.slice(0, 10)).toEqual([...Array<string>(9).fill('confidence'), 'audit']);
  expect(mixed({confidence: {names: ['a'], complete: false}, drift: same, audit: same}).map((row) => row.name)).toEqual(['a', '00000.png']);
});

describe('pictures', () => {
  function decoders(count: number) {
    const orders: Order[] = [];
    const takers: ((delivery: Delivery) => void)[] = [];
    const made = Array.from({length: count}, (): Decoder => ({post: (order) => orders.push(order), receive: (take) => takers.push(take)}));
    const closed: number[] = [];
    const deliver = (at: number) => {
      const order = orders[at];
      const bitmap = {close: () => closed.push(at)} as unknown as ImageBitmap;
      if (order) takers[at % count]?.({id: order.id, picture: {bitmap, width: 10, height: 10}});
    };
    return {made, orders, closed, deliver, takers};
  }

  test('are asked for in the order of need and let go when not needed', () => {
    const {made, orders, closed, deliver} = decoders(1);
    const pictures = new Pictures(made, (name) => `/${name}`);
    pictures.want(['a', 'b', 'c']);
    expect(orders.map((order) => order.address)).toEqual(['/a']);
    deliver(0);
    expect(pictures.get('a')).toBeDefined();
    pictures.want(['c', 'b']);
    expect(pictures.get('a')).toBeUndefined();
    expect(closed).toEqual([0]);
    deliver(1);
    expect(orders.map((order) => order.address)).toEqual(['/a', '/b', '/c']);
  });

  test('that come too late are closed, never shown under another name', () => {
    const {made, orders, closed, deliver} = decoders(1);
    const pictures = new Pictures(made, (name) => `/${name}`);
    pictures.want(['a']);
    pictures.want(['b']);
    deliver(0);
    expect(closed).toEqual([0]);
    expect(pictures.get('b')).toBeUndefined();
    expect(orders[1]?.address).toBe('/b');
  });

  test('are asked for again when the server was away, not when they are broken', async () => {
    const {made, orders, takers} = decoders(1);
    const pictures = new Pictures(made, (name) => `/${name}`);
    pictures.want(['a']);
    takers[0]?.({id: orders[0]?.id ?? 0, broken: 'unreachable'});
    expect(pictures.brokenness('a')).toBe('unreachable');
    await vi.advanceTimersByTimeAsync(1000);
    expect(orders).toHaveLength(2);
    takers[0]?.({id: orders[1]?.id ?? 0, broken: 'unreadable'});
    await vi.advanceTimersByTimeAsync(10_000);
    expect(orders).toHaveLength(2);
  });

  test('are made anew for another size, the old one shown meanwhile', () => {
    const {made, orders, deliver} = decoders(1);
    const pictures = new Pictures(made, (name) => `/${name}`);
    pictures.want(['a']);
    deliver(0);
    pictures.resize({width: 500, height: 400});
    expect(pictures.get('a')).toBeDefined();
    expect(orders[1]?.box).toEqual({width: 500, height: 400});
  });
});

test('the model is asked once for each image, and again later for those it did not answer', async () => {
  const asked: string[][] = [];
  const items = new Items();
  const predictor = new Predictor({
    api: {predictions: async (names) => {
      asked.push(names);
      return {items: names.filter((name) => name !== 'b').map((name) => item(name, {prediction: {label: 'CAT', score: 0.2, version: 1}}))};
    }},
    known: (name) => items.get(name), learn: (found) => items.learn(found), now: () => performance.now(),
  });
  predictor.want(['a', 'b']);
  await settle();
  predictor.want(['a', 'b', 'c']);
  await settle();
  expect(asked).toEqual([['a', 'b'], ['c']]);
  await vi.advanceTimersByTimeAsync(20_001);
  predictor.want(['a', 'b']);
  await settle();
  expect(asked[2]).toEqual(['b']);
});

test('filters become questions of the API', () => {
  const filter = readFilter({state: 'labelled', least: '0.2', most: '7', disagree: 'true', name: 'a&b', sort: 'nonsense', extra: 'x'});
  expect(itemQuery(filter, 5)).toMatchObject({state: 'labelled', score: '0.2..1', disagree: true, name: 'a&b', sort: 'name'});
  expect(itemQuery({sort: 'random'}, 5)).toMatchObject({state: 'unlabelled,labelled,skipped', seed: 5});
  const {from, to} = itemQuery({from: '2026-03-01', to: '2026-03-01'}, 0);
  expect(Date.parse(String(to)) - Date.parse(String(from))).toBe(86_400_000);
});

test('files are imported one after the other, and each has its result', async () => {
  let running = 0;
  const importing = new Importing({import: async (name) => {
    expect(++running).toBe(1);
    await Promise.resolve();
    running -= 1;
    return [{name, status: name === 'b.png' ? 'duplicate' : 'imported', as: name, message: null}];
  }}, 'no image');
  importing.add(['a.jpg', 'b.png', 'notes.txt', 'c.zip'].map((name) => ({name, file: new Blob(['x'])})));
  await settle();
  expect(importing.results.map((result) => result.status)).toEqual(['imported', 'duplicate', 'refused', 'imported']);
  expect(importing.done).toBe(4);
  expect(['A.JPEG', 'b.bmp', 'c', 'd.svg', 'e.html'].map(importType)).toEqual(['image/jpeg', 'image/bmp', undefined, undefined, undefined]);
});

describe('settings', () => {
  test('outlive the page; what is damaged is not believed', () => {
    const kept = new Map<string, string>();
    const keeper = {getItem: (name: string) => kept.get(name) ?? null, setItem: (name: string, value: string) => void kept.set(name, value)};
    new Settings(keeper).set({annotator: 'anna', seedMode: true});
    expect(new Settings(keeper).data).toMatchObject({annotator: 'anna', seedMode: true, keysOn: true});
    for (const [name] of kept) kept.set(name, '{"annotator": 5, "keysOn": "no"');
    expect(new Settings(keeper).data.keysOn).toBe(true);
    expect(new Settings(undefined).data.annotator).toBe('');
  });
});

describe('languages', () => {
  test('are the person’s, the browser’s, or English', () => {
    expect(chooseLanguage('', ['pt-BR', 'fr-CA', 'de'])).toBe('fr');
    expect(chooseLanguage('zh', ['fr'])).toBe('zh');
    expect(chooseLanguage('', ['toString', 'xx'])).toBe('en');
  });

  test('have every word, with the same places to fill', async () => {
    const english = await loadWords('en');
    for (const language of Object.keys(kLanguages) as Language[]) {
      const words = await loadWords(language);
      for (const [key, text] of Object.entries(english)) {
        const translated = words[key as keyof typeof words];
        expect(translated, `${language} ${key}`).toBeTruthy();
        expect((translated.match(/\{\w+\}/g) ?? []).sort(), `${language} ${key}`).toEqual((text.match(/\{\w+\}/g) ?? []).sort());
      }
    }
    expect(fill('{n} of {all}, {other}', {n: 1, all: 2})).toBe('1 of 2, {other}');
  });
});

test('keys of changes have the form the API asks for', () => {
  expect(randomKey()).toMatch(/^[A-Za-z0-9_-]{22}$/);
  expect(new Set(Array.from({length: 1000}, randomKey)).size).toBe(1000);
});

test('the API gives up on a server that does not answer', async () => {
  const silent: typeof fetch = (_, init) => new Promise((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject(new Error('stopped'))));
  const asked = new Api('', silent).session().catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(await asked).toMatchObject({status: 0});
});
