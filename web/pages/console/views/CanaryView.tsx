// How requests are shared out between two versions, what was decided, and the button that stops it.
import {useMemo, useState} from 'preact/hooks';

import {useNow, usePolled, useServices} from '../console';
import type {Canary} from '../logic/api';
import {percent, when} from '../logic/format';
import {writeRoute, type Route} from '../logic/router';
import {answerShares} from '../logic/series';
import {Badge} from '../parts/Badge';
import {Chart} from '../parts/Chart';
import {Empty, Pending} from '../parts/Empty';
import {ReasonDialog} from '../parts/ReasonDialog';
import {Time} from '../parts/Time';
import {Decisions} from './RunsView';

const kEveryMs = 3000;

export function CanaryView(_: {route: Route}) {
  const {api, session, say} = useServices();
  const {data, problem, again} = usePolled(api.canary, kEveryMs);
  const [stopping, setStopping] = useState(false);
  const now = useNow();
  if (!data) return <Pending problem={problem} again={again} />;
  const stop = async (reason: string) => {
    await api.request('stop-canary', reason);
    setStopping(false);
    say('The canary will be stopped.');
    again();
  };
  return (
    <div class="page">
      <header class="page-head">
        <h1>Canary {data.run && <Badge word="canary" />}</h1>
        {data.stop_requested !== null && <p class="faint" role="status">To be stopped: “{data.stop_requested}”</p>}
        {data.run && data.stop_requested === null && session.role === 'admin' && (
          <button type="button" class="danger" onClick={() => setStopping(true)}>Stop the canary</button>
        )}
      </header>
      {problem !== undefined && <p class="stale" role="status">{problem} What is shown may be old.</p>}
      {data.problem !== null && <p class="lead bad" role="alert">{data.problem}</p>}
      {data.run
        ? <p class="lead"><a href={writeRoute('runs', {id: data.run.id})}>{data.run.id}</a>: version {data.run.version} against {data.run.parent ?? 'none'}, since <Time at={data.since} now={now} /></p>
        : <NoCanary data={data} />}
      <div class="columns">
        <Split data={data} />
        <Answers data={data} now={now} />
      </div>
      <Shares data={data} />
      <Decisions decisions={data.decisions} now={now} title="Verdicts" />
      {stopping && (
        <ReasonDialog title="Stop the canary" action="Stop" dangerous onClose={() => setStopping(false)} onReason={stop}
          text="The champion answers all requests again. The new version is refused and not tried again on the same data." />
      )}
    </div>
  );
}

function NoCanary({data}: {data: Canary}) {
  if (data.config !== null && data.versions.length > 0) return <p class="lead">No canary runs: one version answers everything.</p>;
  return (
    <Empty title="No canary yet">
      <p>A new version that has passed its gates answers a growing share of the requests before it answers all of them. It shows here while that goes on.</p>
    </Empty>
  );
}

function Split({data: {config}}: {data: Canary}) {
  if (!config) return null;
  const {traffic, current_version: current, previous_version: previous, shadow} = config;
  const one = current === previous;
  const parts = one ? [{version: current, share: 1}] : [{version: current, share: traffic}, {version: previous, share: 1 - traffic}];
  return (
    <section class="card" aria-label="How requests are shared out">
      <h2>How requests are shared out</h2>
      <div class="split" aria-hidden="true">
        {parts.map(({version, share}, index) => share > 0 && <span key={version} class={`split-part part-${index}`} style={{inlineSize: `${share * 100}%`}} />)}
      </div>
      <dl class="split-legend">
        {parts.map(({version, share}, index) => (
          <div key={version}><dt><span class={`swatch part-${index}`} />version {version}</dt><dd>{percent(share, 0)}</dd></div>
        ))}
      </dl>
      {shadow && <p class="faint">Shadow: the version that does not answer computes too, and both are recorded.</p>}
    </section>
  );
}

function Answers({data: {versions, since}, now}: {data: Canary; now: number}) {
  return (
    <section class="card" aria-label="Answers">
      <h2>Answers since {when(since)}</h2>
      {versions.length === 0 && <p class="faint">None is in the lake.</p>}
      {versions.length > 0 && (
        <div class="table-box" tabIndex={0} role="region" aria-label="Table of answers">
          <table class="grid-table">
            <thead><tr><th scope="col">Version</th><th scope="col">As</th><th scope="col">Answers</th><th scope="col">Confidence</th><th scope="col">Time</th><th scope="col">Newest</th></tr></thead>
            <tbody>
              {versions.map((row) => (
                <tr key={`${row.version} ${row.role}`}>
                  <th scope="row">{row.version}</th>
                  <td>{row.role}</td>
                  <td class="number">{row.answers.toLocaleString()}</td>
                  <td class="number">{percent(row.mean_confidence)}</td>
                  <td class="number">{row.mean_ms.toFixed(1)} ms</td>
                  <td>{row.last_at && <Time at={row.last_at} now={now} />}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Shares({data}: {data: Canary}) {
  const chart = useMemo(() => answerShares(data), [JSON.stringify(data.timeline)]);
  if (chart.x.length < 2) return null;
  return (
    <section class="card" aria-label="Shares over time">
      <h2>Who answered</h2>
      <Chart title="Share of the answers" data={chart} unit=" %" time stacked={[0, 100]} />
    </section>
  );
}
