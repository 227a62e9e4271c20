import {useEffect, useRef, useState} from 'preact/hooks';
import uPlot from 'uplot';

import type {ChartData} from '../logic/series';

interface Props {
  title: string;
  data: ChartData;
  unit?: string;
  time?: boolean;      // x is a time in seconds
  stacked?: [number, number];  // fixed range of y
  xLabel?: string;
}

const kHeight = 220;

function colorOf(property: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(property).trim() || '#888888';
}

function options({data, unit = '', time = false, stacked}: Props, width: number): uPlot.Options {
  const text = colorOf('--faint');
  const line = colorOf('--line');
  const axis = {stroke: text, grid: {stroke: line, width: 1}, ticks: {stroke: line, width: 1}, font: '12px system-ui, sans-serif'};
  return {
    width, height: kHeight,
    cursor: {drag: {x: false, y: false}},
    legend: {live: true},
    scales: {x: {time}, y: stacked ? {range: stacked} : {}},
    // Epochs are whole numbers.
    axes: [time ? axis : {...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]}, {...axis, size: 56, values: (_plot: uPlot, ticks: number[]) => ticks.map((tick) => `${Number(tick.toPrecision(6))}${unit}`)}],
    series: [
      time ? {label: 'time'} : {label: 'epoch'},
      ...data.series.map(({label, color}, index) => ({
        label, stroke: colorOf(color), width: 2, spanGaps: true, dash: index % 2 === 1 ? [6, 4] : [],
        points: {show: data.x.length < 40, size: 5},
        value: (_plot: uPlot, value: number | null) => (value === null ? '–' : `${Number(value.toPrecision(4))}${unit}`),
      })),
    ],
  };
}

// Colours follow the scheme: a change of it draws anew.
function useScheme(): boolean {
  const [dark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const changed = () => setDark(query.matches);
    query.addEventListener('change', changed);
    return () => query.removeEventListener('change', changed);
  }, []);
  return dark;
}

// A line chart, and the same numbers as a table for who does not see it.
export function Chart(props: Props) {
  const {title, data, unit = '', time = false, xLabel = 'Epoch'} = props;
  const holder = useRef<HTMLDivElement>(null);
  const dark = useScheme();
  useEffect(() => {
    const element = holder.current;
    if (!element) return undefined;
    const plot = new uPlot(options(props, element.clientWidth), [data.x, ...data.series.map(({values}) => values)] as uPlot.AlignedData, element);
    const observer = new ResizeObserver(() => plot.setSize({width: element.clientWidth, height: kHeight}));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [JSON.stringify(data), dark]);
  const cell = (value: number | null | undefined) => (value === null || value === undefined ? '–' : `${Number(value.toPrecision(4))}${unit}`);
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div ref={holder} aria-hidden="true" />
      <details>
        <summary>Numbers</summary>
        <div class="table-box" tabIndex={0} role="region" aria-label={`${title}: numbers`}>
          <table class="grid-table">
            <thead><tr><th scope="col">{time ? 'Time' : xLabel}</th>{data.series.map(({label}) => <th key={label} scope="col">{label}</th>)}</tr></thead>
            <tbody>
              {data.x.map((x, index) => (
                <tr key={x}>
                  <th scope="row">{time ? new Date(x * 1000).toLocaleTimeString() : x}</th>
                  {data.series.map(({label, values}) => <td key={label}>{cell(values[index])}</td>)}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}
