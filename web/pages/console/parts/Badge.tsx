import {toneOf} from '../logic/format';

const kMarks = {good: '✓', bad: '✕', busy: '●', calm: '–'} as const;

// A state or verdict: its word, and a mark and a colour that say the same.
export function Badge({word}: {word: string}) {
  const tone = toneOf(word);
  return <span class={`state ${tone}`}><span aria-hidden="true">{kMarks[tone]}</span> {word}</span>;
}
