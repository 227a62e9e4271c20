import type {ComponentChildren} from 'preact';

// Nothing to show yet: why, and what to do.
export function Empty({title, children}: {title: string; children: ComponentChildren}) {
  return (
    <section class="empty">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

// While nothing has come, or instead of it.
export function Pending({problem, again}: {problem: string | undefined; again: () => void}) {
  if (problem === undefined) return <p class="pending" aria-busy="true">Loading…</p>;
  return (
    <section class="empty" role="alert">
      <h2>This cannot be shown</h2>
      <p>{problem}</p>
      <button type="button" class="plain" onClick={again}>Try again</button>
    </section>
  );
}
