import type {Entry} from '../logic/entries';
import {stateAfter} from '../logic/entries';
import {thumbnailAddress, type Item, type ItemState} from '../logic/api';
import {useServices, useWatched} from '../services';
import {useFormat, useWords} from '../words/useWords';
import {fill} from '../words/words';
import {Dialog} from './Dialog';

export function useStateName() {
  const words = useWords();
  return (state: ItemState, label: string | null) => {
    if (state === 'labelled') return label ?? '';
    return {unlabelled: words.unlabelled, skipped: words.skipped, rejected: words.rejected}[state];
  };
}

function Version({title, text, detail}: {title: string; text: string; detail: string}) {
  return (
    <div class="version">
      <span class="faint">{title}</span>
      <strong>{text}</strong>
      <span class="faint">{detail}</span>
    </div>
  );
}

function Conflict({entries, item}: {entries: Entry[]; item: Item}) {
  const {outbox} = useServices();
  const words = useWords();
  const format = useFormat();
  const stateName = useStateName();
  const last = entries.filter((entry) => entry.kind === 'change').at(-1);
  const mine = last && stateAfter(last.action, last.label);
  const theirs = stateName(item.state, item.label);
  const who = [item.annotator, item.labelled_at && format.time(item.labelled_at)].filter(Boolean).join(' · ');
  return (
    <>
      <div class="versions">
        {mine && <Version title={words.yours} text={stateName(mine.state, mine.label)} detail={last.annotator} />}
        <Version title={words.theirs} text={theirs} detail={who} />
      </div>
      <div class="row">
        <button type="button" onClick={() => outbox.resolve(item.name, 'mine')}>{words.keepMine}</button>
        <button type="button" class="plain" onClick={() => outbox.resolve(item.name, 'theirs')}>{words.keepTheirs}</button>
      </div>
    </>
  );
}

function Refusal({name, message, status}: {name: string; message: string; status: number}) {
  const {outbox} = useServices();
  const words = useWords();
  return (
    <>
      <p class="bad">{status === 404 ? words.imageGone : fill(words.refusedBecause, {why: message || `status ${status}`})}</p>
      <div class="row">
        <button type="button" onClick={() => outbox.resolve(name, 'mine')}>{words.tryAgain}</button>
        <button type="button" class="plain" onClick={() => outbox.resolve(name, 'theirs')}>{words.giveUp}</button>
      </div>
    </>
  );
}

// What the server would not take: nothing is thrown away before the person says so.
export function Troubles({onClose}: {onClose: () => void}) {
  const {outbox} = useServices();
  useWatched(outbox);
  const words = useWords();
  const names = [...new Set(outbox.troubled.map((entry) => entry.name))];
  return (
    <Dialog title={words.troublesTitle} onClose={onClose} wide>
      {names.length === 0 && <p>{words.troublesNone}</p>}
      {names.length > 0 && <p class="faint">{words.troublesText}</p>}
      <ul class="troubles">
        {names.map((name) => {
          const entries = outbox.pendingOf(name);
          const trouble = entries.find((entry) => entry.trouble)?.trouble;
          return (
            <li key={name}>
              <img src={thumbnailAddress(name)} alt="" width="96" height="96" />
              <div>
                <h3 class="file"><bdi>{name}</bdi></h3>
                {trouble?.kind === 'conflict' && <Conflict entries={entries} item={trouble.item} />}
                {trouble?.kind === 'refused' && <Refusal name={name} message={trouble.message} status={trouble.status} />}
              </div>
            </li>
          );
        })}
      </ul>
    </Dialog>
  );
}
