// The cells of the grid that are on the screen, in a list that is as high as all of them.
import {useEffect, useLayoutEffect, useState} from 'preact/hooks';

import {thumbnailAddress} from '../logic/api';
import {suggestionFor} from '../logic/labelling';
import type {Selection} from '../logic/selection';
import {kCellHeight, kGap, layoutOf, scrollFor, type Layout} from '../logic/virtual';
import {useServices} from '../services';
import {useFormat, useWords} from '../words/useWords';
import {Icon} from './icons';
import {confidence} from './Suggestion';
import {useStateName} from './Troubles';

export const cellId = (index: number) => `cell-${index}`;

// Follows the size of the place and how far it is scrolled.
export function useLayout(place: {current: HTMLElement | null}, count: number): Layout {
  const [view, setView] = useState({width: 800, height: 600, scrollTop: 0});
  useLayoutEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const measure = () => {
      const style = getComputedStyle(element);
      const inner = element.clientWidth - parseFloat(style.paddingInlineStart) - parseFloat(style.paddingInlineEnd);
      setView({width: inner, height: element.clientHeight, scrollTop: element.scrollTop});
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, {passive: true});
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, []);
  return layoutOf({...view, count});
}

export function useCursorInView(place: {current: HTMLElement | null}, cursor: number, columns: number) {
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    element.scrollTop = scrollFor(cursor, columns, {height: element.clientHeight, scrollTop: element.scrollTop});
  }, [cursor]);
}

interface CellProps {
  index: number;
  name: string;
  layout: Layout;
  total: number;
  selection: Selection;
  onOpen: (name: string) => void;
}

function Cell({index, name, layout, total, selection, onOpen}: CellProps) {
  const services = useServices();
  const format = useFormat();
  const words = useWords();
  const stateName = useStateName();
  const item = services.view(name);
  const suggestion = item ? suggestionFor(item, services.blind(item)) : null;
  const state = item ? stateName(item.state, item.label) : '';
  const guess = suggestion && `${suggestion.label} ${format.percent(confidence(suggestion.label, suggestion.score, services.session.classes))}`;
  const chosen = selection.names.has(name);
  const differs = item?.state === 'labelled' && suggestion !== null && suggestion.label !== item.label;
  const column = index % layout.columns;
  const place = {
    top: `${Math.floor(index / layout.columns) * (kCellHeight + kGap)}px`, insetInlineStart: `${column * (layout.cellWidth + kGap)}px`,
    width: `${layout.cellWidth}px`, height: `${kCellHeight}px`,
  };
  return (
    <div id={cellId(index)} role="option" class={`cell${chosen ? ' chosen' : ''}${selection.cursor === index ? ' here' : ''}`} style={place}
      aria-selected={chosen} aria-setsize={total} aria-posinset={index + 1}
      data-name={name}
      onClick={(event) => selection.click(index, {range: event.shiftKey, add: event.ctrlKey || event.metaKey})}
      onDblClick={() => onOpen(name)}>
      <img src={thumbnailAddress(name)} alt="" draggable={false} decoding="async" />
      {chosen && <span class="tick"><Icon name="check" /></span>}
      <span class="under">
        <strong class={item?.state ?? ''}>{state}</strong>
        {guess && <span class={differs ? 'guess differs' : 'guess'}><span class="only-heard">, {words.suggests} </span>{differs ? '≠ ' : ''}{guess}<span class="only-heard">, </span></span>}
      </span>
      <span class="under faint"><bdi class="file-name">{name}</bdi></span>
    </div>
  );
}

interface CellsProps {
  names: readonly string[];
  total: number;
  layout: Layout;
  selection: Selection;
  onOpen: (name: string) => void;
}

export function Cells({names, total, layout, selection, onOpen}: CellsProps) {
  const shown = names.slice(layout.first, Math.min(layout.end, names.length));
  return (
    <div class="cells" role="presentation" style={{height: `${layout.total}px`}}>
      {shown.map((name, offset) => (
        <Cell key={name} index={layout.first + offset} name={name} layout={layout} total={total} selection={selection} onOpen={onOpen} />
      ))}
    </div>
  );
}
