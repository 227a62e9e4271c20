import {useEffect, useState} from 'preact/hooks';

// Files may be dropped anywhere on the page: one that misses a field must not replace the page. `dropped` should stay
// the same function between renders. True while something `accepts` lets in is held over the page.
export function useFileDrop(dropped: (transfer: DataTransfer | null) => void, accepts?: (event: DragEvent) => boolean): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const dragover = (event: DragEvent) => {
      if (accepts && !accepts(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const dragleave = (event: DragEvent) => {
      if (!event.relatedTarget) setOver(false);
    };
    const drop = (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      dropped(event.dataTransfer);
    };
    document.addEventListener('dragover', dragover);
    document.addEventListener('dragleave', dragleave);
    document.addEventListener('drop', drop);
    return () => {
      document.removeEventListener('dragover', dragover);
      document.removeEventListener('dragleave', dragleave);
      document.removeEventListener('drop', drop);
    };
  }, [dropped, accepts]);
  return over;
}
