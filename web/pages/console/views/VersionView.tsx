// One version: its figures, gates and where it comes from.
import {usePolled, useServices} from '../console';
import {metricValue, title, when} from '../logic/format';
import {writeRoute} from '../logic/router';
import {Badge} from '../parts/Badge';
import {Pending} from '../parts/Empty';

const kEveryMs = 60_000;

export function VersionView({model, version}: {model: string; version: number}) {
  const {api} = useServices();
  const {data, problem, again} = usePolled(() => api.version(model, version), kEveryMs, `${model}/${version}`);
  const crumb = <p class="crumb"><a href={writeRoute('models')}>All versions</a></p>;
  if (!data) return <div class="page">{crumb}<Pending problem={problem} again={again} /></div>;
  const {summary, record, card} = data;
  return (
    <div class="page">
      {crumb}
      <header class="page-head">
        <h1>{model} {version} {summary.refused !== null && <Badge word="refused" />}{summary.pruned && <Badge word="pruned" />}</h1>
        <p class="faint">{when(summary.created_at)} · {summary.architecture}</p>
      </header>
      {summary.refused !== null && <p class="lead bad">{summary.refused}</p>}
      {summary.pruned && <p class="lead">Its checkpoint and its archive were removed, so it cannot be promoted any more. What is written here stays.</p>}
      <div class="columns">
        <section class="card" aria-label="Figures">
          <h2>Figures</h2>
          <table class="grid-table">
            <thead><tr><th scope="col">Figure</th><th scope="col">Value</th><th scope="col">95 % interval</th></tr></thead>
            <tbody>
              {summary.metrics.map(({name, value, low, high}) => (
                <tr key={name}>
                  <th scope="row">{title(name)}</th>
                  <td class="number">{metricValue(name, value)}</td>
                  <td class="number">{low === null || high === null ? '–' : `${metricValue(name, low)} … ${metricValue(name, high)}`}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
        <section class="card" aria-label="Gates">
          <h2>Gates</h2>
          {summary.gates.length === 0 && <p class="faint">It was registered without gates.</p>}
          <ul class="gates">
            {summary.gates.map((gate) => <li key={gate.name}><Badge word={gate.verdict} /><strong>{gate.name}</strong><span>{gate.reason}</span></li>)}
          </ul>
        </section>
      </div>
      <section class="card" aria-label="Lineage">
        <h2>Where it comes from</h2>
        <dl class="facts">
          <dt>Trigger</dt><dd>{summary.trigger || '–'}</dd>
          <dt>Run</dt><dd>{/^run-\d+$/.test(summary.run) ? <a href={writeRoute('runs', {id: summary.run})}>{summary.run}</a> : summary.run || '–'}</dd>
          <dt>Before it</dt><dd>{summary.parent === null ? '–' : <a href={writeRoute('models', {model, version: String(summary.parent)})}>version {summary.parent}</a>}</dd>
          <dt>Images</dt><dd>{summary.train_images.toLocaleString()} to learn from, {summary.val_images.toLocaleString()} to choose by</dd>
          <dt>Data digest</dt><dd><code>{String(record['data_digest'] ?? '–')}</code></dd>
          <dt>Split digest</dt><dd><code>{String(record['split_digest'] ?? '–')}</code></dd>
        </dl>
        <details><summary>Model card</summary><pre tabIndex={0} class="card-text">{card}</pre></details>
        <details><summary>version.json</summary><pre tabIndex={0} class="card-text">{JSON.stringify(record, null, 2)}</pre></details>
      </section>
    </div>
  );
}
