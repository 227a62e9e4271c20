// Which key does what. A command is 'class:NAME' or one of kCommands.

export const kCommands = ['accept', 'reject', 'skip', 'undo', 'back', 'next', 'zoom', 'help'] as const;
export type Command = (typeof kCommands)[number] | `class:${string}`;

const kDefaults: Record<(typeof kCommands)[number], string> = {
  accept: ' ', reject: 'r', skip: 's', undo: 'u', back: 'ArrowLeft', next: 'ArrowRight', zoom: 'z', help: '?',
};

export type KeyMap = Map<string, Command>;  // key → command

// The first letter of each class; digits for all of them when a letter is taken or stands for two.
export function defaultKeys(classes: readonly string[]): KeyMap {
  const map: KeyMap = new Map();
  for (const command of kCommands) map.set(kDefaults[command], command);
  const letters = classes.map((name) => name.charAt(0).toLowerCase());
  classes.forEach((name, index) => {
    const letter = letters[index] ?? '';
    const unique = /^[a-z]$/.test(letter) && letters.indexOf(letter) === letters.lastIndexOf(letter) && !map.has(letter);
    if (unique) map.set(letter, `class:${name}`);
    else if (index < 9) map.set(String(index + 1), `class:${name}`);
  });
  return map;
}

// The default keys with a person's own: command → key. Commands that no longer exist are passed over.
export function keysFor(classes: readonly string[], own: Readonly<Record<string, string>>): KeyMap {
  const map = defaultKeys(classes);
  const known = new Set<string>([...kCommands, ...classes.map((name) => `class:${name}`)]);
  for (const [command, key] of Object.entries(own)) {
    if (!known.has(command)) continue;
    for (const [taken, by] of [...map]) if (by === command || taken === key) map.delete(taken);
    map.set(key, command as Command);
  }
  return map;
}

export function keyOf(map: KeyMap, command: Command): string | undefined {
  for (const [key, by] of map) if (by === command) return key;
  return undefined;
}

// What a person reads on a key.
export function keyName(key: string): string {
  const names: Record<string, string> = {' ': '␣', ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', Enter: '↵'};
  return names[key] ?? (key.length === 1 ? key.toUpperCase() : key);
}

interface KeyPress {
  key: string;
  code: string;
  repeat: boolean;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  isComposing: boolean;
  target: EventTarget | null;
}

const kFields = 'input, textarea, select, [contenteditable], [role=textbox]';
const kPressed = 'button, a[href], summary, [role=button], [role=tab], [role=menuitem]';

// The key as the map knows it, or none when this press must not act: held down, with a modifier, while writing.
// Layouts without Latin letters are read by the place of the key.
export function plainKey(event: KeyPress): string | undefined {
  if (event.repeat || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return undefined;
  const letter = event.key.length === 1;
  // A question mark needs Shift on many keyboards; a letter with it is somebody's shortcut.
  if (event.shiftKey && (!letter || /^[\p{L}\p{N} ]$/u.test(event.key))) return undefined;
  const target = event.target as Element | null;
  if (target?.closest?.(kFields)) return undefined;
  if ((event.key === ' ' || event.key === 'Enter') && target?.closest?.(kPressed)) return undefined;
  if (letter && event.key > '\u007f') {
    const place = /^(?:Key([A-Z])|Digit(\d))$/.exec(event.code);
    return (place?.[1] ?? place?.[2])?.toLowerCase();
  }
  return letter ? event.key.toLowerCase() : event.key;
}

// Ctrl+Z and Cmd+Z undo, wherever no text is being written.
export function isUndoChord(event: KeyPress): boolean {
  const target = event.target as Element | null;
  return (event.ctrlKey !== event.metaKey) && !event.altKey && !event.shiftKey && !event.repeat
    && event.key.toLowerCase() === 'z' && !target?.closest?.(kFields);
}
