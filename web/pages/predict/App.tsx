import {useCallback, useEffect, useRef, useState} from 'preact/hooks';

import {predict, PredictionError, type Answer} from '../../shared/predictionApi';
import {useFileDrop} from '../../shared/useFileDrop';
import {Chooser} from './Chooser';
import {Outcome, type State} from './Outcome';

interface Picture {
  name: string;
  size: number;
  url: string;
}

function firstFile(files: FileList | null | undefined): File | undefined {
  return files?.[0] ?? undefined;
}

// One picture at a time: a new one takes the place of the one before, and an answer that comes late is not shown.
function usePrediction() {
  const [picture, setPicture] = useState<Picture>();
  const [state, setState] = useState<State>({kind: 'empty'});
  const running = useRef<AbortController | undefined>(undefined);

  const send = useCallback(async (file: File) => {
    running.current?.abort();
    const mine = new AbortController();
    running.current = mine;
    const url = URL.createObjectURL(file);
    setPicture((before) => {
      if (before) URL.revokeObjectURL(before.url);
      return {name: file.name, size: file.size, url};
    });
    setState({kind: 'waiting'});
    const begun = performance.now();
    try {
      const answer: Answer = await predict(file, mine.signal);
      setState({kind: 'answer', answer, milliseconds: performance.now() - begun});
    } catch (error) {
      if (mine.signal.aborted) return;
      const known = error instanceof PredictionError;
      setState({kind: 'error', message: known ? error.message : 'Something went wrong in this page. Reload it and try again.'});
      if (!known) console.error(error);
    }
  }, []);

  return {picture, state, send};
}

export function App() {
  const {picture, state, send} = usePrediction();
  const dragging = useFileDrop(useCallback((transfer: DataTransfer | null) => {
    const file = firstFile(transfer?.files);
    if (file) void send(file);
  }, [send]));

  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const file = firstFile(event.clipboardData?.files);
      if (file) void send(file);
    };
    document.addEventListener('paste', paste);
    return () => document.removeEventListener('paste', paste);
  }, [send]);

  return (
    <div class="page">
      <header>
        <h1>Animal Classifier</h1>
        <nav>
          <a href="docs">API</a>
        </nav>
      </header>
      <main>
        <Chooser picture={picture} dragging={dragging} onFile={send} />
        <Outcome state={state} />
      </main>
    </div>
  );
}
