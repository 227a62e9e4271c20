import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest';

import {Api, type Change, type Item} from '../../pages/label/logic/api';
import {ApiError} from '../../shared/apiError';
import {Deeds} from '../../pages/label/logic/deeds';
import {Outbox} from '../../pages/label/logic/outbox';
import {draft, FakeServer, item, MemoryStorage} from './fakes';

let server: FakeServer;
let storage: MemoryStorage;
let outbox: Outbox;

function open(annotator = 'anna'): Outbox {
  const api = new Api(annotator, server.fetch);
  return new Outbox(api, storage, `tab-${Math.floor(storage.entries.size)}-${annotator}`);
}

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer([item('a.png'), item('b.png'), item('c.png')]);
  storage = new MemoryStorage();
  outbox = open();
});

afterEach(() => vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(0);

describe('an outbox', () => {
  test('keeps a change before it is sent and until the server has it', async () => {
    server.hold();
    outbox.add([draft('a.png', 0, 'CAT')]);
    await settle();
    expect(outbox.unsaved).toBe(1);
    expect(storage.entries.size).toBe(1);
    server.release();
    await settle();
    expect(outbox.unsaved).toBe(0);
    expect(outbox.savedCount).toBe(1);
    expect(storage.entries.size).toBe(0);
    expect(server.items.get('a.png')?.label).toBe('CAT');
  });

  test('sends what came meanwhile as one batch', async () => {
    server.hold();
    outbox.add([draft('a.png', 0, 'CAT')]);
    outbox.add([draft('b.png', 0, 'DOG')]);
    outbox.add([draft('c.png', 0, 'DOG')]);
    await settle();
    server.release();
    await settle();
    expect(server.batches.map((batch) => batch.length)).toEqual([1, 2]);
    expect(outbox.savedCount).toBe(3);
  });

  test('puts quick changes of one image on top of each other', async () => {
    server.hold();
    outbox.add([draft('a.png', 0, 'CAT')]);
    outbox.add([draft('a.png', 0, 'DOG')]);
    outbox.add([draft('a.png', 0, 'CAT')]);
    await settle();
    server.release();
    await settle();
    expect(server.batches.flat().map((change: Change) => change.revision)).toEqual([0, 1, 2]);
    expect(server.items.get('a.png')).toMatchObject({label: 'CAT', revision: 3});
    expect(outbox.troubled).toEqual([]);
  });

  test('tries again with the same key, later and later, until the server is there', async () => {
    server.down = true;
    outbox.add([draft('a.png', 0, 'CAT')]);
    await settle();
    expect(outbox.connection).toBe('unreachable');
    await vi.advanceTimersByTimeAsync(499);
    expect(server.attempts).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(server.attempts).toBe(2);
    await vi.advanceTimersByTimeAsync(999);
    expect(server.attempts).toBe(2);
    server.down = false;
    await vi.advanceTimersByTimeAsync(1);
    expect(outbox.unsaved).toBe(0);
    expect(outbox.connection).toBe('well');
    expect(new Set(server.keys).size).toBe(1);
  });

  test('tries at once when told so', async () => {
    server.down = true;
    outbox.add([draft('a.png', 0, 'CAT')]);
    await settle();
    server.down = false;
    outbox.retry();
    await settle();
    expect(outbox.unsaved).toBe(0);
  });

  test('counts a change once whose answer was lost', async () => {
    server.loseAnswers = 1;
    outbox.add([draft('a.png', 0, 'CAT')]);
    await vi.advanceTimersByTimeAsync(500);
    expect(outbox.unsaved).toBe(0);
    expect(server.items.get('a.png')?.revision).toBe(1);
  });

  test('goes on after a reload where it was, chain and all', async () => {
    server.down = true;
    outbox.add([draft('a.png', 0, 'CAT'), draft('b.png', 0, 'DOG')]);
    outbox.add([draft('a.png', 0, 'DOG')]);
    await settle();
    server.down = false;
    const reopened = open();
    await reopened.adopt(() => true);
    await settle();
    expect(reopened.unsaved).toBe(0);
    expect(server.items.get('a.png')).toMatchObject({label: 'DOG', revision: 2});
    expect(storage.entries.size).toBe(0);
  });

  test('takes over only what is its own or nobody’s', async () => {
    server.down = true;
    outbox.add([draft('a.png', 0, 'CAT')]);
    await settle();
    const other = open();
    await other.adopt(() => false);
    expect(other.unsaved).toBe(0);
  });

  test('keeps another person’s changes for them where names come from tokens', async () => {
    server.down = true;
    outbox.add([draft('a.png', 0, 'CAT')]);
    await settle();
    server.down = false;
    const bens = open('ben');
    bens.onlyFor = 'ben';
    await bens.adopt(() => true);
    bens.add([draft('b.png', 0, 'DOG')]);
    await settle();
    expect(server.items.get('a.png')?.label).toBeNull();
    expect(server.items.get('b.png')?.annotator).toBe('ben');
    expect(bens.unsaved).toBe(1);
  });

  test('signs a kept change with the name of its time', async () => {
    server.down = true;
    outbox.add([draft('a.png', 0, 'CAT')]);
    await settle();
    server.down = false;
    const later = open('Zoë 张');
    await later.adopt(() => true);
    later.add([draft('b.png', 0, 'DOG')]);
    await settle();
    expect(server.items.get('a.png')?.annotator).toBe('anna');
    expect(server.items.get('b.png')?.annotator).toBe('Zoë 张');
  });

  test('works on when the browser keeps nothing, and says so', async () => {
    storage.broken = true;
    await outbox.adopt(() => true);
    outbox.add([draft('a.png', 0, 'CAT')]);
    await settle();
    expect(outbox.keptInBrowser).toBe(false);
    expect(outbox.savedCount).toBe(1);
  });
});

describe('a conflict', () => {
  async function conflict() {
    server.change('a.png', 'DOG', 'ben');
    outbox.add([draft('a.png', 0, 'CAT')]);
    await settle();
  }

  test('is shown with both versions and never sent over the other', async () => {
    await conflict();
    expect(outbox.troubled).toHaveLength(1);
    expect(outbox.troubled[0]).toMatchObject({label: 'CAT', trouble: {kind: 'conflict', item: {label: 'DOG', annotator: 'ben'}}});
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.items.get('a.png')?.label).toBe('DOG');
    expect(storage.entries.size).toBe(1);
  });

  test('is settled with mine on top of theirs', async () => {
    await conflict();
    outbox.resolve('a.png', 'mine');
    await settle();
    expect(server.items.get('a.png')).toMatchObject({label: 'CAT', revision: 2, annotator: 'anna'});
    expect(outbox.unsaved).toBe(0);
  });

  test('is settled with theirs', async () => {
    await conflict();
    outbox.resolve('a.png', 'theirs');
    await settle();
    expect(server.items.get('a.png')).toMatchObject({label: 'DOG', revision: 1});
    expect(storage.entries.size).toBe(0);
  });

  test('holds later changes of that image only', async () => {
    server.change('a.png', 'DOG', 'ben');
    server.hold();
    outbox.add([draft('a.png', 0, 'CAT'), draft('b.png', 0, 'DOG')]);
    outbox.add([draft('a.png', 0, 'DOG')]);
    outbox.add([draft('a.png', 0, 'CAT')]);
    outbox.add([draft('c.png', 0, 'DOG')]);
    await settle();
    server.release();
    await settle();
    expect(server.items.get('b.png')?.label).toBe('DOG');
    expect(server.items.get('c.png')?.label).toBe('DOG');
    expect(outbox.pendingOf('a.png')).toHaveLength(3);
    outbox.resolve('a.png', 'mine');
    await settle();
    expect(server.items.get('a.png')).toMatchObject({label: 'CAT', revision: 2});
    expect(outbox.unsaved).toBe(0);
  });

  test('is none when both want the same', async () => {
    server.change('a.png', 'CAT', 'ben');
    outbox.add([draft('a.png', 0, 'CAT')]);
    await settle();
    expect(outbox.unsaved).toBe(0);
    expect(server.items.get('a.png')?.revision).toBe(1);
  });

  test('survives a reload', async () => {
    await conflict();
    const reopened = open();
    await reopened.adopt(() => true);
    await settle();
    expect(reopened.troubled).toHaveLength(1);
  });
});

describe('what the server refuses', () => {
  test('waits for the person, and does not hold others up', async () => {
    outbox.add([draft('gone.png', 0, 'CAT'), draft('b.png', 0, 'DOG')]);
    await settle();
    expect(outbox.troubled[0]?.trouble).toMatchObject({kind: 'refused', status: 404});
    expect(server.items.get('b.png')?.label).toBe('DOG');
    outbox.resolve('gone.png', 'theirs');
    expect(outbox.unsaved).toBe(0);
  });

  test('as a whole batch is sent one by one, so that only the reason stays', async () => {
    server.refuseBatchesWith = 'BIRD';
    outbox.add([draft('a.png', 0, 'CAT'), draft('b.png', 0, 'BIRD'), draft('c.png', 0, 'DOG')]);
    await settle();
    expect(outbox.troubled.map((entry) => entry.name)).toEqual(['b.png']);
    expect(outbox.savedCount).toBe(2);
  });

  test('for want of room is sent again', async () => {
    server.full = true;
    outbox.add([draft('a.png', 0, 'CAT')]);
    await settle();
    expect(outbox.connection).toBe('full');
    server.full = false;
    await vi.advanceTimersByTimeAsync(500);
    expect(outbox.unsaved).toBe(0);
  });

  test('for want of a token is kept, and the page told', async () => {
    server.signedOut = true;
    const told = vi.fn();
    outbox.hooks = {signedOut: told};
    outbox.add([draft('a.png', 0, 'CAT')]);
    await settle();
    expect(told).toHaveBeenCalled();
    expect(outbox.connection).toBe('signed-out');
    expect(storage.entries.size).toBe(1);
  });
});

describe('undo', () => {
  test('drops a change that has not left', async () => {
    server.hold();
    outbox.add([draft('b.png', 0, 'DOG')]);
    const deeds = new Deeds(outbox);
    deeds.do([draft('a.png', 0, 'CAT')]);
    await settle();
    expect(deeds.undo()).toEqual(['a.png']);
    expect(outbox.unsaved).toBe(1);
    server.release();
    await settle();
    expect(server.items.get('a.png')?.revision).toBe(0);
    expect(storage.entries.size).toBe(0);
  });

  test('of a change whose answer was lost takes it back on the server too', async () => {
    server.loseAnswers = 1;
    const deeds = new Deeds(outbox);
    deeds.do([draft('a.png', 0, 'CAT')]);
    await settle();
    expect(server.items.get('a.png')?.label).toBe('CAT');
    deeds.undo();
    await vi.advanceTimersByTimeAsync(500);
    expect(server.items.get('a.png')).toMatchObject({state: 'unlabelled', revision: 2});
    expect(outbox.unsaved).toBe(0);
  });

  test('is queued behind a change that is on its way', async () => {
    server.hold();
    const deeds = new Deeds(outbox);
    deeds.do([draft('a.png', 0, 'CAT')]);
    await settle();
    deeds.undo();
    expect(outbox.view(item('a.png'))).toMatchObject({state: 'unlabelled', label: null});
    server.release();
    await settle();
    expect(server.items.get('a.png')).toMatchObject({state: 'unlabelled', revision: 2});
    expect(outbox.unsaved).toBe(0);
  });

  test('takes back a group, and the next change goes on top', async () => {
    const deeds = new Deeds(outbox);
    deeds.do([draft('a.png', 0, 'CAT'), draft('b.png', 0, 'CAT')]);
    await settle();
    expect(deeds.undo()).toEqual(['a.png', 'b.png']);
    outbox.add([draft('b.png', 1, 'DOG')]);
    await settle();
    expect(server.items.get('a.png')).toMatchObject({state: 'unlabelled', revision: 2});
    expect(server.items.get('b.png')).toMatchObject({label: 'DOG', revision: 3});
    expect(outbox.troubled).toEqual([]);
  });

  test('asks the server after a reload and tells what it was', async () => {
    outbox.add([draft('a.png', 0, 'CAT')]);
    await settle();
    const reopened = open();
    const undone = vi.fn();
    reopened.hooks = {undone};
    expect(new Deeds(reopened).undo()).toEqual([]);
    await settle();
    expect(undone.mock.calls[0]?.[1]).toMatchObject({name: 'a.png', state: 'unlabelled'});
  });

  test('finds a change that was kept over a reload', async () => {
    server.down = true;
    outbox.add([draft('a.png', 0, 'CAT')]);
    await settle();
    const reopened = open();
    await reopened.adopt(() => true);
    const deeds = new Deeds(reopened);
    await settle();
    expect(deeds.undo()).toEqual(['a.png']);
  });

  test('of a change that meets a conflict leaves nothing to decide', async () => {
    server.change('a.png', 'DOG', 'ben');
    server.hold();
    const deeds = new Deeds(outbox);
    deeds.do([draft('a.png', 0, 'CAT')]);
    await settle();
    deeds.undo();
    server.release();
    await settle();
    expect(outbox.unsaved).toBe(0);
    expect(server.items.get('a.png')?.label).toBe('DOG');
  });

  test('says when there is nothing', async () => {
    const nothing = vi.fn();
    outbox.hooks = {nothingToUndo: nothing};
    outbox.undo();
    await settle();
    expect(nothing).toHaveBeenCalled();
    expect(outbox.unsaved).toBe(0);
  });
});

test('an error of the API has its status', async () => {
  server.signedOut = true;
  const failed = new Api('anna', server.fetch).labels([]).catch((error: unknown) => error);
  await settle();
  expect(await failed).toBeInstanceOf(ApiError);
  expect((await failed as ApiError).status).toBe(401);
});

test('an item keeps its prediction when an older answer comes late', async () => {
  const {Items} = await import('../../pages/label/logic/items');
  const items = new Items();
  const known: Item = {...item('a.png'), prediction: {label: 'CAT', score: 0.1, version: 2}};
  items.learn([known]);
  items.learn([item('a.png')]);
  expect(items.get('a.png')?.prediction?.label).toBe('CAT');
  items.learn([{...known, revision: 2, label: 'DOG'}]);
  items.learn([{...known, revision: 1, label: 'CAT'}]);
  expect(items.get('a.png')?.label).toBe('DOG');
});
