import {useState} from 'preact/hooks';

import {useWords} from '../words/useWords';
import {Dialog} from './Dialog';

interface Props {
  suggestion: string;
  onName: (name: string) => void;
}

// Characters that a header cannot carry.
function cleaned(text: string): string {
  return [...text.replace(/[\p{C}]/gu, ' ').trim()].slice(0, 64).join('');
}

export function NameDialog({suggestion, onName}: Props) {
  const words = useWords();
  const [text, setText] = useState(suggestion);
  const name = cleaned(text);
  return (
    <Dialog title={words.nameTitle}>
      <form class="stack" onSubmit={(event) => {
        event.preventDefault();
        if (name) onName(name);
      }}>
        <p>{words.nameText}</p>
        <label>
          {words.nameField}
          <input value={text} required maxLength={64} autocomplete="name" autoFocus onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <button type="submit" disabled={!name}>{words.nameButton}</button>
      </form>
    </Dialog>
  );
}
