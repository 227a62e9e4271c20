import {useCallback, useEffect, useRef, useState} from 'preact/hooks';

import {predict, PredictionError, type Answer} from '../../shared/predictionApi';
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
  const [dragging, setDragging] = useState(false);

  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const file = firstFile(event.clipboardData?.files);
      if (file) void send(file);
    };
    // Beside the field too: a picture that misses it must not replace the page.
    const over = (event: DragEvent) => {
      event.preventDefault();
      setDragging(true);
    };
    const leave = (event: DragEvent) => {
      if (!event.relatedTarget) setDragging(false);
    };
    const drop = (event: DragEvent) => {
      event.preventDefault();
      setDragging(false);
      const file = firstFile(event.dataTransfer?.files);
      if (file) void send(file);
    };
    document.addEventListener('paste', paste);
    document.addEventListener('dragover', over);
    document.addEventListener('dragleave', leave);
    document.addEventListener('drop', drop);
    return () => {
      document.removeEventListener('paste', paste);
      document.removeEventListener('dragover', over);
      document.removeEventListener('dragleave', leave);
      document.removeEventListener('drop', drop);
    };
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
