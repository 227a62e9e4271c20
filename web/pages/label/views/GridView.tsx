import {useEffect, useMemo, useRef} from 'preact/hooks';

import type {Action} from '../logic/api';
import {itemQuery, readFilter, type Filter} from '../logic/filters';
import {isUndoChord, keyName, keyOf, plainKey, type Command} from '../logic/keymap';
import {suggestionFor} from '../logic/labelling';
import {writeRoute, type Route} from '../logic/router';
import {Selection} from '../logic/selection';
import {cellId, Cells, useCursorInView, useLayout} from '../parts/Cells';
import {FilterBar} from '../parts/FilterBar';
import {useKeys} from '../parts/HelpDialog';
import {Icon} from '../parts/icons';
import {useDoing} from '../parts/useDoing';
import {useServices, useWatched} from '../services';
import {useFormat, useWords} from '../words/useWords';
import {fill} from '../words/words';

const kReadAhead = 200;

// What keys and buttons do with the selection.
function useGridActions(selection: Selection, seen: () => readonly string[]) {
  const services = useServices();
  const words = useWords();
  const doing = useDoing();
  const tell = (n: number) => services.announcer.say(fill(words.changedCount, {n}), n > 0);
  return {
    act: (action: Action, label: string | null = null) => tell(doing(selection.chosen(), action, () => label)),
    // Takes over what the model says of everything that is seen whole and has no label yet.
    confirm: () => tell(doing(seen().filter((name) => ['unlabelled', 'skipped'].includes(services.view(name)?.state ?? '')), 'label',
      (item) => suggestionFor(item, services.blind(item))?.label ?? null)),
    undo: () => {
      const names = services.deeds.undo();
      services.announcer.say(names.length > 0 ? fill(words.undoneCount, {n: names.length}) : words.undoing);
    },
  };
}

type GridActions = ReturnType<typeof useGridActions>;

function run(command: Command, actions: GridActions): boolean {
  if (command.startsWith('class:')) actions.act('label', command.slice('class:'.length));
  else if (command === 'reject' || command === 'skip') actions.act(command);
  else if (command === 'undo') actions.undo();
  else return false;
  return true;
}

function useGridKeys(actions: GridActions) {
  const {settings, labelling} = useServices();
  const keys = useKeys();
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector('dialog[open]')) return;
      const key = plainKey(event);
      const command = isUndoChord(event) ? 'undo' : settings.data.keysOn && key !== undefined ? keys.get(key) : undefined;
      if (command === 'help') labelling.run('help');
      else if (!command || !run(command, actions)) return;
      event.preventDefault();
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  });
}

// Keys that move and select, as in every list of the kind.
function navigate(event: KeyboardEvent, selection: Selection, columns: number, page: number, open: (name: string) => void): boolean {
  const rtl = document.documentElement.dir === 'rtl' ? -1 : 1;
  const steps: Record<string, number> = {
    ArrowRight: rtl, ArrowLeft: -rtl, ArrowDown: columns, ArrowUp: -columns, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity,
  };
  const step = steps[event.key];
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'a') selection.all();
  else if (event.ctrlKey || event.metaKey || event.altKey) return false;
  else if (step !== undefined) selection.move(step, event.shiftKey);
  else if (event.key === ' ') selection.toggle();
  else if (event.key === 'Escape') selection.clear();
  else if (event.key === 'Enter') selection.chosen().slice(0, 1).forEach(open);
  else return false;
  return true;
}

function Tools({selection, actions}: {selection: Selection; actions: GridActions}) {
  const {session, mayReview, settings, grid} = useServices();
  useWatched(selection);
  const words = useWords();
  const format = useFormat();
  const keys = useKeys();
  const keyFor = (command: Command) => {
    const key = settings.data.keysOn ? keyOf(keys, command) : undefined;
    return key === undefined ? null : <kbd aria-hidden="true">{keyName(key)}</kbd>;
  };
  const n = selection.names.size;
  return (
    <div class="grid-tools" role="toolbar" aria-label={words.selection}>
      <span class="number faint">
        {n > 0 ? fill(words.selectedCount, {n: format.number(n)}) : fill(words.itemCount, {n: format.number(grid.total ?? 0)})}
      </span>
      {session.classes.map((name) => (
        <button key={name} type="button" class="plain small" onClick={() => actions.act('label', name)}><bdi>{name}</bdi>{keyFor(`class:${name}`)}</button>
      ))}
      <button type="button" class="plain small" onClick={() => actions.act('skip')}>{words.skip}{keyFor('skip')}</button>
      <button type="button" class="plain small" onClick={() => actions.act('reject')}>{words.reject}{keyFor('reject')}</button>
      {mayReview && <button type="button" class="plain small" onClick={() => actions.act('restore')}>{words.restore}</button>}
      {mayReview && <button type="button" class="plain small" onClick={() => actions.act('clear')}>{words.clearLabel}</button>}
      <button type="button" class="plain small" onClick={() => actions.undo()}>{words.undo}{keyFor('undo')}</button>
      <span class="spring" />
      <button type="button" class="small" onClick={() => actions.confirm()}><Icon name="check" /> {words.confirmPage}</button>
    </div>
  );
}

export function GridView({route}: {route: Route}) {
  const {grid, items, outbox, randomSeed} = useServices();
  useWatched(grid, items, outbox);
  const words = useWords();
  const place = useRef<HTMLDivElement>(null);
  const selection = useMemo(() => new Selection(() => grid.names), [grid]);
  useWatched(selection);
  const filter = readFilter(route.query);
  const key = JSON.stringify(filter);
  useEffect(() => {
    grid.restart(itemQuery(filter, randomSeed));
    selection.reset();
    if (place.current) place.current.scrollTop = 0;
  }, [grid, key]);
  const total = Math.max(grid.total ?? 0, grid.names.length);
  const layout = useLayout(place, total);
  useEffect(() => grid.ensure(Math.min(total, layout.end + kReadAhead)), [layout.end, total, key]);
  useCursorInView(place, selection.cursor, layout.columns);
  const actions = useGridActions(selection, () => grid.names.slice(layout.firstVisible, layout.endVisible));
  useGridKeys(actions);
  const open = (name: string) => {
    location.hash = writeRoute('label', {name});
  };
  const page = layout.endVisible - layout.firstVisible;
  const here = selection.cursor >= layout.first && selection.cursor < Math.min(layout.end, grid.names.length);
  return (
    <main class="grid-view">
      <h1 class="only-heard">{words.viewGrid}</h1>
      <FilterBar filter={filter} onChange={(changed: Filter) => location.replace(writeRoute('grid', changed))} />
      <Tools selection={selection} actions={actions} />
      <div ref={place} class="grid-place" role="listbox" tabIndex={0} aria-multiselectable="true" aria-label={words.images}
        aria-activedescendant={here ? cellId(selection.cursor) : undefined}
        onKeyDown={(event) => {
          if (navigate(event, selection, layout.columns, page, open)) event.preventDefault();
        }}>
        <Cells names={grid.names} total={total} layout={layout} selection={selection} onOpen={open} />
      </div>
      {grid.failed && <p class="bad notice" role="status">{words.unreachableText}</p>}
      {!grid.failed && !grid.loading && total === 0 && <p class="faint notice">{words.nothingFound}</p>}
    </main>
  );
}
