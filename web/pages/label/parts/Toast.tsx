import {useServices, useWatched} from '../services';
import {useWords} from '../words/useWords';

// The one live region of the page.
export function Toast() {
  const {announcer, labelling} = useServices();
  useWatched(announcer);
  const words = useWords();
  return (
    <div class={announcer.text ? 'toast' : 'toast gone'}>
      <span role="status" aria-live="polite"><bdi>{announcer.text}</bdi></span>
      {announcer.undoable && (
        <button type="button" class="link" onMouseDown={(event) => event.preventDefault()} onClick={() => labelling.run('undo')}>{words.undo}</button>
      )}
    </div>
  );
}
