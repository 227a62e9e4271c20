import type {ComponentChildren} from 'preact';
import {useEffect, useId, useRef} from 'preact/hooks';

import {useWords} from '../words/useWords';
import {Icon} from './icons';

interface Props {
  title: string;
  children: ComponentChildren;
  onClose?: (() => void) | undefined;  // none: an answer is needed
  wide?: boolean;
}

// The browser's own modal dialog: it keeps the focus inside and gives it back.
export function Dialog({title, children, onClose, wide = false}: Props) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  const words = useWords();
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={element} class={wide ? 'wide' : ''} aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onClick={(event) => event.target === element.current && onClose?.()}>
      <div class="dialog">
        <header>
          <h2 id={id}>{title}</h2>
          {onClose && (
            <button type="button" class="quiet round" aria-label={words.close} onClick={onClose}>
              <Icon name="close" />
            </button>
          )}
        </header>
        {children}
      </div>
    </dialog>
  );
}
