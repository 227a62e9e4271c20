// One run: its steps, what its gates said, how the training went, its logs.
import {useMemo, useState} from 'preact/hooks';

import {useNow, usePolled, useServices} from '../console';
import type {Gate, RunDetail, Step} from '../logic/api';
import {duration, when} from '../logic/format';
import {writeRoute} from '../logic/router';
import {accuracyCurve, lossCurves} from '../logic/series';
import {Badge} from '../parts/Badge';
import {Chart} from '../parts/Chart';
import {Pending} from '../parts/Empty';
import {Log} from '../parts/Log';
import {Decisions} from './RunsView';

const kEveryMs = 2000;

export function RunView({id}: {id: string}) {
  const {api} = useServices();
  const {data, problem, again} = usePolled(() => api.run(id), kEveryMs, id);
  const now = useNow(1000);
  if (!data) {
    return (
      <div class="page">
        <p class="crumb"><a href={writeRoute('runs')}>All runs</a></p>
        <Pending problem={problem} again={again} />
      </div>
    );
  }
  const {run} = data;
  return (
    <div class="page">
      <p class="crumb"><a href={writeRoute('runs')}>All runs</a></p>
      <header class="page-head">
        <h1>{run.id} <Badge word={run.state} /></h1>
        <p class="faint">{when(run.started_at)} · {run.seconds === null ? 'running' : duration(run.seconds)} · {run.labels.toLocaleString()} labels</p>
      </header>
      {problem !== undefined && <p class="stale" role="status">{problem} What is shown may be old.</p>}
      <p class="lead">{run.reason}</p>
      <div class="columns">
        <Steps steps={data.steps} now={now} />
        <Gates gates={data.gates} />
      </div>
      <Curves data={data} />
      <Logs key={run.id} data={data} />
      <Decisions decisions={data.decisions} now={now} title="What was decided" />
    </div>
  );
}

function Steps({steps, now}: {steps: Step[]; now: number}) {
  const spent = (step: Step) => step.seconds ?? (step.started_at && step.state === 'running' ? Math.max(0, (now - new Date(step.started_at).getTime()) / 1000) : 0);
  const longest = Math.max(1, ...steps.map(spent));
  return (
    <section class="card" aria-label="Steps">
      <h2>Steps</h2>
      {steps.length === 0 && <p class="faint">None has begun.</p>}
      <ol class="steps">
        {steps.map((step) => (
          <li key={step.step}>
            <span class="step-name">{step.step}</span>
            <Badge word={step.state} />
            <span class="bar-track" aria-hidden="true"><span class="bar-fill" style={{inlineSize: `${(spent(step) / longest) * 100}%`}} /></span>
            <span class="number">{duration(spent(step))}{step.attempts > 1 && <span class="faint"> · {step.attempts} attempts</span>}</span>
            {step.reason && <span class="step-reason bad">{step.reason}</span>}
          </li>
        ))}
      </ol>
    </section>
  );
}

function Gates({gates}: {gates: Gate[]}) {
  return (
    <section class="card" aria-label="Gates">
      <h2>Gates</h2>
      {gates.length === 0 && <p class="faint">None has been judged yet. A model goes into service only when all of them hold.</p>}
      <ul class="gates">
        {gates.map((gate) => (
          <li key={gate.name}>
            <Badge word={gate.verdict} />
            <strong>{gate.name}</strong>
            <span>{gate.reason}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Curves({data: {curves}}: {data: RunDetail}) {
  const epochs = curves?.epochs ?? [];
  const charts = useMemo(() => ({loss: lossCurves(epochs), accuracy: accuracyCurve(epochs)}), [JSON.stringify(epochs)]);
  if (epochs.length === 0) return null;
  return (
    <section class="card" aria-label="Training">
      <h2>Training</h2>
      <div class="charts">
        <Chart title="Loss" data={charts.loss} />
        <Chart title="Accuracy on the validation set" data={charts.accuracy} unit=" %" />
      </div>
    </section>
  );
}

function Logs({data: {run, logs, steps}}: {data: RunDetail}) {
  const running = steps.find(({state}) => state === 'running')?.step;
  const names = [...new Set([...logs.map(({step}) => step), ...(running ? [running] : [])])];
  const [chosen, setChosen] = useState<string>();
  const shown = chosen ?? running ?? names[names.length - 1];
  if (!shown) return null;
  return (
    <section class="card" aria-label="Logs">
      <header class="row between">
        <h2>Log</h2>
        <label class="inline">
          Step
          <select value={shown} onChange={(event) => setChosen(event.currentTarget.value)}>
            {names.map((name) => <option key={name} value={name}>{name}</option>)}
          </select>
        </label>
      </header>
      <Log run={run.id} step={shown} />
    </section>
  );
}
