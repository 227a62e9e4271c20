// A step's log as it grows: server-sent events, with the browser's own way of connecting again where the last one ended.

export interface LogListener {
  onText: (text: string) => void;
  onEnd: () => void;
}

type Source = Pick<EventSource, 'addEventListener' | 'close'>;

// Returns what stops it.
export function followLog(address: string, {onText, onEnd}: LogListener, make: (address: string) => Source = (url) => new EventSource(url)): () => void {
  const source = make(address);
  source.addEventListener('log', (event) => onText(JSON.parse((event as MessageEvent<string>).data) as string));
  source.addEventListener('end', () => {
    source.close();
    onEnd();
  });
  return () => source.close();
}

const kMostLines = 5000;

// The last lines of what was written, so that a page open for days stays small.
export function tail(lines: string, added: string): string {
  const all = lines + added;
  let cut = all.length;
  for (let count = 0; count <= kMostLines; count++) {
    cut = all.lastIndexOf('\n', cut - 1);
    if (cut < 0) return all;
  }
  return all.slice(cut + 1);
}
