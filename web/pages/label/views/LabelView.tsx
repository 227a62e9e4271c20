import {useEffect, useLayoutEffect} from 'preact/hooks';

import {isUndoChord, plainKey, type Command} from '../logic/keymap';
import type {Route} from '../logic/router';
import {ActionBar} from '../parts/ActionBar';
import {Dialog} from '../parts/Dialog';
import {useKeys} from '../parts/HelpDialog';
import {Stage} from '../parts/Stage';
import {Suggestion} from '../parts/Suggestion';
import {useStateName} from '../parts/Troubles';
import {useServices, useWatched} from '../services';
import {useFormat, useWords} from '../words/useWords';
import {fill} from '../words/words';

const kAhead = 8;
const kBehind = 2;
const kAskAhead = 24;

// Pictures and predictions for the image that is shown, the next ones and the last ones.
function useAhead() {
  const {deck, pictures, predictor, session} = useServices();
  const {current, index, names} = deck;
  useLayoutEffect(() => {
    const ahead = deck.ahead(kAhead);
    pictures.want([...(current === undefined ? [] : [current]), ...ahead, ...deck.behind(kBehind)]);
    if (session.predictions !== 'off') predictor.want([...(current === undefined ? [] : [current]), ...deck.ahead(kAskAhead)]);
  }, [deck, current, index, names.length]);
}

function useLabelKeys(paused: boolean) {
  const {labelling, settings} = useServices();
  const keys = useKeys();
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (paused || document.querySelector('dialog[open]')) return;
      let command: Command | undefined = isUndoChord(event) ? 'undo' : undefined;
      const key = plainKey(event);
      if (!command && settings.data.keysOn && key !== undefined) command = keys.get(key);
      if (!command) return;
      event.preventDefault();
      labelling.run(command);
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  });
}

function OrderChoice() {
  const {deck, settings, randomSeed} = useServices();
  const words = useWords();
  const orders = {
    name: words.sortName, newest: words.sortNewest, uncertain: words.sortUncertain,
    confident: words.sortConfident, drifted: words.sortDrifted, random: words.sortRandom,
  };
  return (
    <label class="inline">
      <span class="wide-only">{words.order}</span>
      <select aria-label={words.order} value={settings.data.order} onChange={(event) => {
        const order = event.currentTarget.value;
        settings.set({order});
        void deck.restart({state: 'unlabelled', sort: order, seed: randomSeed});
        event.currentTarget.blur();
      }}>
        {Object.entries(orders).map(([value, name]) => <option key={value} value={value}>{name}</option>)}
      </select>
    </label>
  );
}

function Caption({name}: {name: string | undefined}) {
  const services = useServices();
  const {deck, outbox} = services;
  const words = useWords();
  const format = useFormat();
  const stateName = useStateName();
  const item = name === undefined ? undefined : services.view(name);
  const left = deck.total === undefined ? undefined : Math.max(0, deck.total - outbox.savedCount - outbox.unsaved);
  return (
    <div class="caption">
      <h1 class="file">{name === undefined ? words.viewLabel : <bdi>{name}</bdi>}</h1>
      {item && item.state !== 'unlabelled' && (
        <span class="badge">{stateName(item.state, item.label)}{item.annotator ? ` · ${item.annotator}` : ''}</span>
      )}
      <span class="spring" />
      {left !== undefined && <span class="faint number">{fill(words.left, {n: format.number(left)})}</span>}
      <OrderChoice />
    </div>
  );
}

function NothingLeft() {
  const {deck} = useServices();
  const words = useWords();
  return (
    <div class="nothing">
      {deck.finished && (
        <>
          <h2>{words.allDone}</h2>
          <p>{words.allDoneText}</p>
          <button type="button" onClick={() => void deck.again()}>{words.lookAgain}</button>
        </>
      )}
      {!deck.finished && deck.failed && (
        <>
          <h2>{words.unreachableTitle}</h2>
          <p>{words.unreachableText}</p>
          <button type="button" onClick={() => void deck.fill()}>{words.tryAgain}</button>
        </>
      )}
    </div>
  );
}

export function LabelView({route}: {route: Route}) {
  const {deck, labelling, outbox, items, session} = useServices();
  useWatched(deck, labelling, outbox, items);
  const words = useWords();
  const wanted = route.query['name'];
  useEffect(() => {
    if (wanted !== undefined) deck.goTo(wanted);
  }, [deck, wanted]);
  useAhead();
  useLabelKeys(false);
  const name = deck.current;
  return (
    <main class="label-view">
      <Caption name={name} />
      {name === undefined ? <NothingLeft /> : <Stage name={name} />}
      {name !== undefined && session.predictions !== 'off' && <Suggestion name={name} />}
      <ActionBar />
      {labelling.askingReject && (
        <Dialog title={words.rejectAskTitle} onClose={() => labelling.confirmReject(false)}>
          <p>{words.rejectAskText}</p>
          <div class="row">
            <button type="button" onClick={() => labelling.confirmReject(true)}>{words.reject}</button>
            <button type="button" class="plain" onClick={() => labelling.confirmReject(false)}>{words.cancel}</button>
          </div>
        </Dialog>
      )}
    </main>
  );
}
