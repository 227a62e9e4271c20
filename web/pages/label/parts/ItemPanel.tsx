// One image with what is known of it: what may be done, and what was done.
import {useEffect, useState} from 'preact/hooks';

import {imageAddress, type Action, type LabelEvent} from '../logic/api';
import {suggestionFor} from '../logic/labelling';
import {useServices} from '../services';
import {useFormat, useWords} from '../words/useWords';
import {fill} from '../words/words';
import {Icon} from './icons';
import {confidence} from './Suggestion';
import {useStateName} from './Troubles';

// Read anew when the server has another revision.
function useHistory(name: string): LabelEvent[] | undefined {
  const {api, items} = useServices();
  const [history, setHistory] = useState<{name: string; events: LabelEvent[]}>();
  const revision = items.get(name)?.revision;
  useEffect(() => {
    let late = false;
    api.item(name).then(({history: events}) => {
      if (!late) setHistory({name, events});
    }).catch(() => {
      if (!late) setHistory(undefined);
    });
    return () => {
      late = true;
    };
  }, [name, revision]);
  return history?.name === name ? history.events : undefined;
}

function EventLine({event}: {event: LabelEvent}) {
  const words = useWords();
  const format = useFormat();
  const stateName = useStateName();
  const names: Record<Action, string> = {
    label: event.label ?? '', skip: words.skipped, reject: words.rejected, restore: words.restored, clear: words.unlabelled,
  };
  const details = [
    event.annotator, format.time(event.at), event.milliseconds !== null && `${format.number(event.milliseconds / 1000, 1)} s`,
    event.shown && `${words.suggests} ${event.shown.label}`, event.blind && words.blindShort,
    !['page', 'seed'].includes(event.source) && event.source,
  ].filter(Boolean);
  return (
    <li>
      <strong>{event.undoes !== null && <Icon name="undo" />} {names[event.action]}</strong>
      <span class="faint"> {fill(words.was, {state: stateName(event.before.state, event.before.label)})}</span>
      <div class="faint">{details.join(' · ')}</div>
    </li>
  );
}

export function ItemPanel({name, act}: {name: string; act: (action: Action, label?: string | null) => void}) {
  const services = useServices();
  const {session, mayReview} = services;
  const words = useWords();
  const format = useFormat();
  const stateName = useStateName();
  const history = useHistory(name);
  const item = services.view(name);
  const suggestion = item ? suggestionFor(item, services.blind(item)) : null;
  const rejected = item?.state === 'rejected';
  return (
    <section class="panel" aria-label={name}>
      <div class="panel-image"><img src={imageAddress(name)} alt={fill(words.imageNamed, {name})} /></div>
      <div class="panel-facts">
        <h2 class="file"><bdi>{name}</bdi></h2>
        <p class="faint">
          {item && stateName(item.state, item.label)}
          {suggestion && ` · ${words.suggests} ${suggestion.label} ${format.percent(confidence(suggestion.label, suggestion.score, session.classes))} · ${fill(words.scoreVersion, {score: format.number(suggestion.score, 3), version: suggestion.version})}`}
        </p>
        <div class="row">
          {!rejected && session.classes.map((label) => (
            <button key={label} type="button" class="plain" aria-pressed={item?.label === label} onClick={() => act('label', label)}>
              {item?.label === label && <Icon name="check" />}<bdi>{label}</bdi>
            </button>
          ))}
          {!rejected && <button type="button" class="quiet" onClick={() => act('skip')}><Icon name="skip" />{words.skip}</button>}
          {!rejected && <button type="button" class="quiet" onClick={() => act('reject')}><Icon name="reject" />{words.reject}</button>}
          {rejected && mayReview && <button type="button" onClick={() => act('restore')}><Icon name="restore" />{words.restore}</button>}
        </div>
        <h3>{words.history}</h3>
        {history?.length === 0 && <p class="faint">{words.historyNone}</p>}
        <ol class="history">{history?.map((event) => <EventLine key={event.id} event={event} />)}</ol>
      </div>
    </section>
  );
}
