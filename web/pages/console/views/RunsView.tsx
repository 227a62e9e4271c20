// What the orchestrator has done and does: runs, and the newest decisions.
import {useState} from 'preact/hooks';

import {useNow, usePolled, useServices} from '../console';
import type {Decision, Run} from '../logic/api';
import {duration} from '../logic/format';
import {writeRoute, type Route} from '../logic/router';
import {Badge} from '../parts/Badge';
import {Empty, Pending} from '../parts/Empty';
import {ReasonDialog} from '../parts/ReasonDialog';
import {Time} from '../parts/Time';
import {RunView} from './RunView';

const kEveryMs = 3000;

export function RunsView({route}: {route: Route}) {
  const id = route.query['id'];
  return id ? <RunView id={id} /> : <RunList />;
}

function RunList() {
  const {api, session, say} = useServices();
  const {data, problem, again} = usePolled(api.runs, kEveryMs);
  const [asking, setAsking] = useState(false);
  const now = useNow();
  if (!data) return <Pending problem={problem} again={again} />;
  const isAdmin = session.role === 'admin';
  const start = async (reason: string) => {
    await api.request('run-now', reason);
    setAsking(false);
    say('The orchestrator will start a run when it looks next.');
    again();
  };
  return (
    <div class="page">
      <header class="page-head">
        <h1>Runs</h1>
        {data.run_requested !== null
          ? <p class="faint">A run was asked for: “{data.run_requested}”</p>
          : isAdmin && <button type="button" onClick={() => setAsking(true)}>Start a run</button>}
      </header>
      {problem !== undefined && <p class="stale" role="status">{problem} What is shown may be old.</p>}
      {data.runs.length === 0 ? <NoRun /> : <RunTable runs={data.runs} now={now} />}
      <Decisions decisions={data.decisions} now={now} />
      {asking && (
        <ReasonDialog title="Start a run" action="Start" onClose={() => setAsking(false)} onReason={start}
          text="Data is checked and split, a model trained, compared with the champion and judged by every gate, as in a run that starts by itself." />
      )}
    </div>
  );
}

function NoRun() {
  return (
    <Empty title="No run yet">
      <p>A run starts by itself when enough images are labelled. <code>animalctl orchestrate --explain</code> says what each trigger waits for.</p>
      <p><a href="../#/label">Label images</a></p>
    </Empty>
  );
}

function RunTable({runs, now}: {runs: Run[]; now: number}) {
  return (
    <div class="table-box card" tabIndex={0} role="region" aria-label="Runs">
      <table class="grid-table runs folds">
        <thead>
          <tr><th scope="col">Run</th><th scope="col">State</th><th scope="col">Began</th><th scope="col">Took</th><th scope="col">Version</th><th scope="col">Labels</th><th scope="col">Why</th></tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.id}>
              <th scope="row"><a href={writeRoute('runs', {id: run.id})}>{run.id}</a></th>
              <td><Badge word={run.state} /></td>
              <td><Time at={run.started_at} now={now} /></td>
              <td class="number">{duration(run.seconds ?? Math.max(0, (now - new Date(run.started_at).getTime()) / 1000))}</td>
              <td class="number">{run.parent === null ? run.version : `${run.parent} → ${run.version}`}</td>
              <td class="number">{run.labels.toLocaleString()}</td>
              <td class="why">{run.reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Decisions({decisions, now, title = 'Decisions'}: {decisions: Decision[]; now: number; title?: string}) {
  if (decisions.length === 0) return null;
  return (
    <section class="card" aria-label={title}>
      <h2>{title}</h2>
      <ol class="decisions">
        {decisions.map((decision) => (
          <li key={decision.id}>
            <Badge word={decision.verdict} />
            <span class="kind">{decision.kind}{typeof decision.detail?.['name'] === 'string' && decision.detail['name'] !== 'version' ? ` · ${decision.detail['name']}` : ''}</span>
            <span class="reason">{decision.reason}</span>
            <span class="faint"><Time at={decision.at} now={now} />{decision.run && <> · <a href={writeRoute('runs', {id: decision.run})}>{decision.run}</a></>}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
