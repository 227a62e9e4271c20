import {suggestionFor} from '../logic/labelling';
import {keyName, keyOf} from '../logic/keymap';
import {useServices} from '../services';
import {useFormat, useWords} from '../words/useWords';
import {fill} from '../words/words';
import {useKeys} from './HelpDialog';
import {Icon} from './icons';

// How sure the model is of what it says: with two classes the score is the second one's probability.
export function confidence(label: string, score: number, classes: readonly string[]): number {
  return classes.length === 2 && label === classes[0] ? 1 - score : score;
}

// What the model says, beside the buttons and not on them. It keeps its height, so that nothing moves when it comes.
export function Suggestion({name}: {name: string}) {
  const services = useServices();
  const {session, labelling} = services;
  const words = useWords();
  const format = useFormat();
  const keys = useKeys();
  const item = services.view(name);
  const blind = item !== undefined && services.blind(item);
  const suggestion = suggestionFor(item, blind);
  const accept = keyOf(keys, 'accept');
  return (
    <div class="suggestion">
      {blind && <span class="faint"><Icon name="eyeOff" /> {words.blind}</span>}
      {!blind && !suggestion && <span class="faint">{session.predictions === 'unreachable' ? words.modelAway : words.noSuggestion}</span>}
      {suggestion && (
        <>
          <span>{words.suggests} <strong>{suggestion.label}</strong></span>
          <span class="number">{format.percent(confidence(suggestion.label, suggestion.score, session.classes))}</span>
          <span class="faint number wide-only">{fill(words.scoreVersion, {score: format.number(suggestion.score, 3), version: suggestion.version})}</span>
          <button type="button" class="plain small" onMouseDown={(event) => event.preventDefault()} onClick={() => labelling.run('accept')}>
            {words.acceptShort}{accept !== undefined && <kbd aria-hidden="true">{keyName(accept)}</kbd>}
          </button>
        </>
      )}
    </div>
  );
}
