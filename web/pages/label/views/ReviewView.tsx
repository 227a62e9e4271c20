import {useEffect, useMemo, useRef, useState} from 'preact/hooks';

import {thumbnailAddress, type Action, type Query} from '../logic/api';
import {isUndoChord, plainKey} from '../logic/keymap';
import {suggestionFor} from '../logic/labelling';
import {Listing} from '../logic/listing';
import {mixed, type Mixed, type Reason} from '../logic/mix';
import {writeRoute, type Route} from '../logic/router';
import {useKeys} from '../parts/HelpDialog';
import {ItemPanel} from '../parts/ItemPanel';
import {useStateName} from '../parts/Troubles';
import {confidence} from '../parts/Suggestion';
import {useDoing} from '../parts/useDoing';
import {useServices, useWatched} from '../services';
import {useFormat, useWords} from '../words/useWords';

const kQueries = {
  production: null,  // a mix of three lists
  suspect: {state: 'labelled', sort: 'suspect'},
  disagree: {state: 'labelled', disagree: true, sort: 'confident'},
  rejected: {state: 'rejected', sort: 'name'},
} satisfies Record<string, Query | null>;
type Kind = keyof typeof kQueries;
const kKinds = Object.keys(kQueries) as Kind[];

const kPage = 60;

// What has no value to be sorted by comes last, and is not in the list for that reason.
function withReason(list: Listing, has: (name: string) => boolean): {names: readonly string[]; complete: boolean} {
  const names = list.names.filter(has);
  return {names, complete: list.complete || names.length < list.names.length};
}

// The list of a kind, as far as it is read, with the reason each is in it.
function useReviewList(kind: Kind): {rows: Mixed[]; more: () => void; failed: boolean; loading: boolean} {
  const services = useServices();
  const {api, items, randomSeed} = services;
  const lists = useMemo(() => {
    const make = () => new Listing(api, (found) => items.learn(found), kPage);
    return {confidence: make(), drift: make(), audit: make()};
  }, [kind]);
  useWatched(lists.confidence, lists.drift, lists.audit);
  const used = kQueries[kind] ? [lists.confidence] : [lists.confidence, lists.drift, lists.audit];
  useEffect(() => {
    const query = kQueries[kind];
    if (query) return lists.confidence.restart(query);
    lists.confidence.restart({state: 'unlabelled', sort: 'confident'});
    lists.drift.restart({state: 'unlabelled', sort: 'drifted'});
    lists.audit.restart({state: 'unlabelled', sort: 'random', seed: randomSeed});
  }, [lists, kind]);
  const rows = kQueries[kind]
    ? lists.confidence.names.map((name) => ({name, reason: 'confidence' as Reason}))
    : mixed({
      confidence: withReason(lists.confidence, (name) => services.view(name)?.prediction != null),
      drift: withReason(lists.drift, (name) => services.view(name)?.drift != null),
      audit: lists.audit,
    });
  return {
    rows, failed: used.some((list) => list.failed), loading: used.some((list) => list.loading),
    more: () => used.forEach((list) => !list.complete && list.ensure(list.names.length + kPage)),
  };
}

function Row({row, kind, here, onPick}: {row: Mixed; kind: Kind; here: boolean; onPick: () => void}) {
  const services = useServices();
  const words = useWords();
  const format = useFormat();
  const stateName = useStateName();
  const element = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (here) element.current?.scrollIntoView({block: 'nearest'});
  }, [here]);
  const item = services.view(row.name);
  const suggestion = item ? suggestionFor(item, services.blind(item)) : null;
  const reasons: Record<Reason, string> = {confidence: words.reasonConfidence, drift: words.reasonDrift, audit: words.reasonAudit};
  return (
    <li ref={element}>
      <button type="button" class={here ? 'review-row here' : 'review-row'} aria-current={here ? 'true' : undefined} onClick={onPick} data-name={row.name}>
        <img src={thumbnailAddress(row.name)} alt="" width="56" height="56" loading="lazy" />
        <span class="review-text">
          <bdi class="file">{row.name}</bdi>
          <span class="faint">
            {item ? stateName(item.state, item.label) : ''}
            {suggestion && ` · ${words.model} ${suggestion.label} ${format.percent(confidence(suggestion.label, suggestion.score, services.session.classes))}`}
          </span>
        </span>
        {kind === 'production' && <span class="badge">{reasons[row.reason]}</span>}
      </button>
    </li>
  );
}

function useReviewKeys(rows: Mixed[], at: number, go: (index: number) => void, act: (action: Action, label?: string | null) => void) {
  const {settings, labelling, deeds, announcer} = useServices();
  const services = useServices();
  const keys = useKeys();
  const words = useWords();
  useEffect(() => {
    const run = (command: string): void => {
      const item = services.view(rows[at]?.name ?? '');
      if (command.startsWith('class:')) act('label', command.slice('class:'.length));
      else if (command === 'accept') act('label', (item && suggestionFor(item, services.blind(item))?.label) ?? null);
      else if (command === 'reject' || command === 'skip') act(command);
      else if (command === 'help') labelling.run('help');
      else if (command === 'next') go(at + 1);
      else if (command === 'back') go(at - 1);
      else if (command === 'undo') {
        const [name] = deeds.undo();
        const index = rows.findIndex((row) => row.name === name);
        if (index >= 0) go(index);
        announcer.say(name === undefined ? words.undoing : words.undone.replace('{name}', name));
      }
    };
    const pressed = (event: KeyboardEvent) => {
      if (document.querySelector('dialog[open]')) return;
      const key = plainKey(event);
      const step = key === 'ArrowDown' ? 1 : key === 'ArrowUp' ? -1 : 0;
      const command = isUndoChord(event) ? 'undo' : settings.data.keysOn && key !== undefined ? keys.get(key) : undefined;
      if (step === 0 && !command) return;
      event.preventDefault();
      if (step !== 0) go(at + step);
      else if (command) run(command);
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  });
}

function Kinds({kind}: {kind: Kind}) {
  const words = useWords();
  const names: Record<Kind, string> = {
    production: words.reviewProduction, suspect: words.reviewSuspect, disagree: words.reviewDisagree, rejected: words.reviewRejected,
  };
  return (
    <nav class="kinds" aria-label={words.reviewKinds}>
      {kKinds.map((name) => (
        <a key={name} href={writeRoute('review', {kind: name})} aria-current={name === kind ? 'page' : undefined}>{names[name]}</a>
      ))}
    </nav>
  );
}

export function ReviewView({route}: {route: Route}) {
  const services = useServices();
  useWatched(services.items, services.outbox);
  const words = useWords();
  const kind = kKinds.find((name) => name === route.query['kind']) ?? 'production';
  const {rows, more, failed, loading} = useReviewList(kind);
  const [at, setAt] = useState(0);
  useEffect(() => setAt(0), [kind]);
  const go = (index: number) => setAt(Math.max(0, Math.min(index, rows.length - 1)));
  useEffect(() => {
    if (at > rows.length - kPage / 2) more();
  }, [at]);
  const doing = useDoing();
  const row = rows[at];
  const act = (action: Action, label: string | null = null) => {
    if (!row) return;
    const n = doing([row.name], action, () => label);
    if (n > 0) services.announcer.say(`${row.name} → ${label ?? words[action === 'skip' ? 'skipped' : action === 'reject' ? 'rejected' : 'unlabelled']}`, true);
    if (n > 0 || action === 'label') go(at + 1);
  };
  useReviewKeys(rows, at, go, act);
  return (
    <main class="review-view">
      <h1 class="only-heard">{words.viewReview}</h1>
      <Kinds kind={kind} />
      <ol class="review-list" aria-label={words.images} tabIndex={-1} onScroll={(event) => {
        const list = event.currentTarget;
        if (list.scrollTop + 2 * list.clientHeight > list.scrollHeight) more();
      }}>
        {rows.map((each, index) => <Row key={each.name} row={each} kind={kind} here={index === at} onPick={() => go(index)} />)}
      </ol>
      {row ? <ItemPanel name={row.name} act={act} /> : (
        <p class="faint notice">{failed ? words.unreachableText : loading ? words.loading : words.nothingFound}</p>
      )}
    </main>
  );
}
