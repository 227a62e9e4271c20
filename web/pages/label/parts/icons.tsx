// Line icons of 24 by 24, drawn for this page. Beside text or an accessible name, never alone.
const kPaths = {
  back: 'M15 5l-7 7 7 7',
  next: 'M9 5l7 7-7 7',
  undo: 'M9 8H15.5a4.5 4.5 0 0 1 0 9H8M9 8l3.5-3.5M9 8l3.5 3.5',
  skip: 'M12 17.5v.01M9.2 9.2a2.9 2.9 0 1 1 4.2 2.6c-1 .5-1.4 1-1.4 2.2',
  reject: 'M5 7h14M10 7V5h4v2M7 7l.8 12h8.4L17 7M10.5 10.5v5.5M13.5 10.5v5.5',
  zoom: 'M11 4.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM16 16l4.5 4.5M11 8.5v5M8.5 11h5',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  warn: 'M12 4.5l8.5 15h-17zM12 10v4.5M12 17v.01',
  person: 'M12 4.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM5 19.5c.6-3.6 3.4-5.5 7-5.5s6.4 1.9 7 5.5',
  settings: 'M4 8h9M17 8h3M4 16h3M11 16h9M15 5.8v4.4M9 13.8v4.4',
  help: 'M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM12 16.8v.01M9.7 9.7a2.4 2.4 0 1 1 3.5 2.1c-.9.5-1.2.9-1.2 1.9',
  data: 'M12 4v10M8 10.5l4 4 4-4M5 18.5h14',
  close: 'M6 6l12 12M18 6L6 18',
  chart: 'M4.5 4.5v15h15M8.5 15.5v-4M12.5 15.5v-8M16.5 15.5v-6',
  restore: 'M5 12a7 7 0 1 0 2.2-5.1M5 4.5v4h4',
  eyeOff: 'M4 4l16 16M9.5 5.8A9 9 0 0 1 12 5.5c4 0 7 2.8 8.5 6.5a12 12 0 0 1-2.6 3.8M6.3 7.6A12 12 0 0 0 3.5 12c1.5 3.7 4.5 6.5 8.5 6.5a9 9 0 0 0 4.1-1.1',
  grid: 'M4.5 4.5h6v6h-6zM13.5 4.5h6v6h-6zM4.5 13.5h6v6h-6zM13.5 13.5h6v6h-6z',
} as const;

export type IconName = keyof typeof kPaths;

export function Icon({name, turns = false}: {name: IconName; turns?: boolean}) {
  return (
    <svg class={turns ? 'icon turns' : 'icon'} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={kPaths[name]} />
    </svg>
  );
}
