import {describe, expect, test} from 'vitest';

import {defaultKeys, isUndoChord, keyName, keyOf, keysFor, plainKey} from '../../pages/label/logic/keymap';

function press(key: string, more: object = {}) {
  return {key, code: `Key${key.toUpperCase()}`, repeat: false, ctrlKey: false, altKey: false, metaKey: false, shiftKey: false, isComposing: false, target: null, ...more};
}

// An element that is inside one that fits `selector`.
function inside(selector: string) {
  return {closest: (asked: string) => (asked.split(', ').includes(selector) ? {} : null)} as unknown as EventTarget;
}

describe('keys of classes', () => {
  test('are their first letters', () => {
    expect(keyOf(defaultKeys(['CAT', 'DOG']), 'class:CAT')).toBe('c');
    expect(keyOf(defaultKeys(['CAT', 'DOG']), 'class:DOG')).toBe('d');
  });

  test('are digits where letters meet, or a command has the letter', () => {
    const keys = defaultKeys(['BEAGLE', 'BOXER', 'RABBIT', 'CAT', 'Élan']);
    expect(['BEAGLE', 'BOXER', 'RABBIT', 'CAT', 'Élan'].map((name) => keyOf(keys, `class:${name}`))).toEqual(['1', '2', '3', 'c', '5']);
    expect(keyOf(keys, 'reject')).toBe('r');
  });

  test('beyond the ninth digit there are none', () => {
    const names = Array.from({length: 12}, (_, index) => `A${index}`);
    expect(keyOf(defaultKeys(names), 'class:A8')).toBe('9');
    expect(keyOf(defaultKeys(names), 'class:A9')).toBeUndefined();
  });
});

describe('a person’s own keys', () => {
  test('take the place of the defaults and of whoever had the key', () => {
    const keys = keysFor(['CAT', 'DOG'], {'class:CAT': 'j', skip: 'd'});
    expect(keys.get('j')).toBe('class:CAT');
    expect(keys.has('c')).toBe(false);
    expect(keys.get('d')).toBe('skip');
    expect(keyOf(keys, 'class:DOG')).toBeUndefined();
  });

  test('of classes that are gone are passed over', () => {
    expect(keysFor(['CAT', 'DOG'], {'class:BIRD': 'c'}).get('c')).toBe('class:CAT');
  });
});

describe('a key press', () => {
  test('counts in either letter case', () => {
    expect(plainKey(press('c'))).toBe('c');
    expect(plainKey(press('C'))).toBe('c');
    expect(plainKey(press('ArrowLeft'))).toBe('ArrowLeft');
  });

  test.each(['repeat', 'ctrlKey', 'altKey', 'metaKey', 'shiftKey', 'isComposing'])('does not count with %s', (what) => {
    expect(plainKey(press('c', {[what]: true}))).toBeUndefined();
  });

  test('of a sign that needs Shift counts', () => {
    expect(plainKey(press('?', {shiftKey: true}))).toBe('?');
  });

  test('does not count while somebody writes', () => {
    for (const field of ['input', 'textarea', 'select', '[contenteditable]']) {
      expect(plainKey(press('c', {target: inside(field)}))).toBeUndefined();
    }
  });

  test('of the space bar belongs to a button that has the focus', () => {
    expect(plainKey(press(' ', {target: inside('button')}))).toBeUndefined();
    expect(plainKey(press('c', {target: inside('button')}))).toBe('c');
  });

  test('on a keyboard without Latin letters counts by its place', () => {
    expect(plainKey(press('с', {code: 'KeyC'}))).toBe('c');
  });
});

test('Ctrl+Z and Cmd+Z undo, Ctrl+Shift+Z and a held one do not', () => {
  expect(isUndoChord(press('z', {ctrlKey: true}))).toBe(true);
  expect(isUndoChord(press('Z', {metaKey: true}))).toBe(true);
  expect(isUndoChord(press('z'))).toBe(false);
  expect(isUndoChord(press('z', {ctrlKey: true, shiftKey: true}))).toBe(false);
  expect(isUndoChord(press('z', {ctrlKey: true, repeat: true}))).toBe(false);
  expect(isUndoChord(press('z', {ctrlKey: true, target: inside('input')}))).toBe(false);
});

test('keys have names to read', () => {
  expect([' ', 'ArrowRight', 'c', 'F2'].map(keyName)).toEqual(['␣', '→', 'C', 'F2']);
});
