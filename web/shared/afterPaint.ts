const kLatest = 50;  // milliseconds; nothing is painted while a tab is hidden

// Runs something once what has just changed is on the screen: work that shares the processor with the painting, and
// that nobody waits for.
export function afterPaint(run: () => void): void {
  if (typeof requestAnimationFrame !== 'function' || document.hidden) {
    run();
    return;
  }
  let done = false;
  const once = () => {
    if (done) return;
    done = true;
    run();
  };
  requestAnimationFrame(() => setTimeout(once, 0));
  setTimeout(once, kLatest);
}
