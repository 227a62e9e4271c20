// Which cells of a grid are on the screen. All sizes in CSS pixels.

export interface Metrics {
  width: number;      // of the place
  height: number;
  scrollTop: number;
  count: number;      // of items
}

export interface Layout {
  columns: number;
  cellWidth: number;
  rows: number;
  total: number;      // height of everything
  first: number;      // items [first, end) are to be drawn
  end: number;
  firstVisible: number;  // items [firstVisible, endVisible) are seen whole
  endVisible: number;
}

export const kGap = 12;
export const kCellHeight = 216;
const kLeastWidth = 168;
const kNarrowLeast = 150;
const kMargin = 2;  // rows drawn beyond the screen
// Browsers lay out no more than this; beyond it a filter is needed.
const kMostHeight = 30_000_000;

export function layoutOf({width, height, scrollTop, count}: Metrics): Layout {
  const least = width < 480 ? kNarrowLeast : kLeastWidth;
  const columns = Math.max(1, Math.floor((width + kGap) / (least + kGap)));
  const cellWidth = Math.floor((width - kGap * (columns - 1)) / columns);
  const rows = Math.ceil(count / columns);
  const step = kCellHeight + kGap;
  const top = Math.max(0, Math.floor(scrollTop / step) - kMargin);
  const bottom = Math.min(rows, Math.ceil((scrollTop + height) / step) + kMargin);
  const whole = Math.ceil((scrollTop - 1) / step);
  const wholeEnd = Math.floor((scrollTop + height + kGap + 1) / step);
  return {
    columns, cellWidth, rows, total: Math.min(kMostHeight, Math.max(0, rows * step - kGap)),
    first: Math.min(count, top * columns), end: Math.min(count, bottom * columns),
    firstVisible: Math.min(count, Math.max(0, whole) * columns), endVisible: Math.min(count, Math.max(0, wholeEnd) * columns),
  };
}

// Where to scroll so that an item is seen whole; the present place when it is.
export function scrollFor(index: number, columns: number, {height, scrollTop}: Pick<Metrics, 'height' | 'scrollTop'>): number {
  const step = kCellHeight + kGap;
  const top = Math.floor(index / columns) * step;
  if (top < scrollTop) return top;
  const bottom = top + kCellHeight;
  return bottom > scrollTop + height ? bottom - height : scrollTop;
}
