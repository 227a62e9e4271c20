import {useServices, useWatched} from '../services';
import {useWords} from '../words/useWords';
import {fill} from '../words/words';
import {Icon} from './icons';

// How much is on the server's disk and how much is on its way; opens what needs an answer.
export function SaveStatus({onTroubles}: {onTroubles: () => void}) {
  const {outbox} = useServices();
  useWatched(outbox);
  const words = useWords();
  const troubles = new Set(outbox.troubled.map((entry) => entry.name)).size;
  const unsaved = outbox.unsaved;
  const state = outbox.connection === 'well' || unsaved === 0 ? '' : outbox.connection === 'full' ? words.diskFull : words.unreachable;
  return (
    <div class="saving" data-unsaved={unsaved} data-saved={outbox.savedCount} data-troubles={troubles}>
      <span class={unsaved === 0 ? 'count well' : state ? 'count bad' : 'count'}>
        <Icon name={unsaved === 0 ? 'check' : state ? 'warn' : 'data'} />
        <span class="wide-only">{fill(words.savedCount, {n: outbox.savedCount})}</span>
        {unsaved > 0 && <strong>{fill(words.unsavedCount, {n: unsaved})}</strong>}
      </span>
      {state && <span class="wide-only bad" role="status">{state}</span>}
      {!outbox.keptInBrowser && <span class="bad" role="status">{words.notKept}</span>}
      {troubles > 0 && (
        <button type="button" class="attention" onClick={onTroubles}>
          <Icon name="warn" /> {fill(words.toDecide, {n: troubles})}
        </button>
      )}
    </div>
  );
}
