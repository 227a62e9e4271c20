import {useEffect, useId, useRef, useState} from 'preact/hooks';

interface Props {
  title: string;
  text: string;
  action: string;
  dangerous?: boolean;
  onClose: () => void;
  // Rejects with what is to be shown.
  onReason: (reason: string) => Promise<void>;
}

// Asks for the reason that is remembered with what is done.
export function ReasonDialog({title, text, action, dangerous = false, onClose, onReason}: Props) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!reason.trim()) {
      setProblem('A reason is needed: it is what those who come later read.');
      return;
    }
    setBusy(true);
    try {
      await onReason(reason.trim());
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  };
  return (
    <dialog ref={element} aria-labelledby={heading} onCancel={(event) => {
      event.preventDefault();
      onClose();
    }}>
      <form class="dialog stack" onSubmit={(event) => void submit(event)}>
        <h2 id={heading}>{title}</h2>
        <p>{text}</p>
        <label>
          Reason
          <textarea rows={3} maxLength={1000} required value={reason} aria-invalid={problem !== ''}
            onInput={(event) => setReason(event.currentTarget.value)} />
        </label>
        {problem && <p class="bad" role="alert">{problem}</p>}
        <div class="row between">
          <button type="button" class="plain" onClick={onClose}>Cancel</button>
          <button type="submit" class={dangerous ? 'danger' : ''} disabled={busy}>{action}</button>
        </div>
      </form>
    </dialog>
  );
}
