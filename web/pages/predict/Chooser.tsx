import {useRef, useState} from 'preact/hooks';

interface Props {
  picture: {name: string; size: number; url: string} | undefined;
  dragging: boolean;
  onFile: (file: File) => void;
}

function bytes(count: number): string {
  if (count < 1024) return `${count} bytes`;
  return count < 1024 * 1024 ? `${Math.round(count / 1024)} KiB` : `${(count / 1024 / 1024).toFixed(1)} MiB`;
}

// The field that takes a picture: by the button, by dropping, by pasting.
export function Chooser({picture, dragging, onFile}: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [unseen, setUnseen] = useState('');  // address of a picture that the browser cannot show
  const broken = picture !== undefined && picture.url === unseen;

  const chosen = () => {
    const file = input.current?.files?.[0];
    if (file) onFile(file);
    // The same file may be chosen again.
    if (input.current) input.current.value = '';
  };

  return (
    <section class={`chooser${dragging ? ' dragging' : ''}${picture ? ' filled' : ''}`} aria-label="Picture">
      {picture && !broken && <img src={picture.url} alt={`The picture that was sent: ${picture.name}`} onError={() => setUnseen(picture.url)} />}
      {picture && broken && <p class="unseen">Your browser cannot show this file.</p>}
      {!picture && (
        <svg class="placeholder" viewBox="0 0 64 48" aria-hidden="true">
          <rect x="2" y="2" width="60" height="44" rx="6" />
          <circle cx="19" cy="16" r="5" />
          <path d="M8 40 25 26l9 8 11-13 13 16" />
        </svg>
      )}
      <div class="controls">
        {picture && (
          <p class="name">
            <span>{picture.name}</span> <span class="size">{bytes(picture.size)}</span>
          </p>
        )}
        <button type="button" onClick={() => input.current?.click()}>
          {picture ? 'Choose another' : 'Choose a picture'}
        </button>
        <p class="hint">
          or drop one here, or paste it with <kbd>Ctrl</kbd> <kbd>V</kbd>
        </p>
      </div>
      <input ref={input} type="file" accept="image/*" hidden onChange={chosen} />
    </section>
  );
}
