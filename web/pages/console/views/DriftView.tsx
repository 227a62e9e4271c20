// How far what is asked now is from what the champion was released on: what shifted, when, which pictures.
import {useNow, usePolled, useServices} from '../console';
import type {DriftedImage, DriftInput, DriftReport, Stretch} from '../logic/api';
import {percent, title, when} from '../logic/format';
import type {Route} from '../logic/router';
import {barPairs} from '../logic/series';
import {Badge} from '../parts/Badge';
import {Empty, Pending} from '../parts/Empty';
import {Time} from '../parts/Time';

const kEveryMs = 30_000;

export function DriftView(_: {route: Route}) {
  const {api} = useServices();
  const {data, problem, again} = usePolled(api.drift, kEveryMs);
  const now = useNow();
  if (!data) return <Pending problem={problem} again={again} />;
  if (data.model === '') {
    return (
      <div class="page">
        <header class="page-head"><h1>Drift</h1></header>
        <Empty title="No answers yet">
          <p>Drift is what changes between the pictures that a model was released on and those it is asked about now. It shows here once <code>serve</code> has answered some hundred requests.</p>
        </Empty>
      </div>
    );
  }
  return (
    <div class="page">
      <header class="page-head">
        <h1>Drift <Badge word={data.verdict} /></h1>
        <p class="faint">{data.model}, version {data.version}</p>
      </header>
      {problem !== undefined && <p class="stale" role="status">{problem} What is shown may be old.</p>}
      <p class="lead">{data.reason}</p>
      <div class="columns">
        <Looked report={data} now={now} />
        <Quality report={data} />
      </div>
      <Inputs inputs={data.inputs} windows={data.windows} />
      <Pictures images={data.images} now={now} />
    </div>
  );
}

function stretch({from, until, answers, pictures}: Stretch): string {
  if (!from || !until) return 'nothing yet';
  return `${answers.toLocaleString()} answers on ${pictures.toLocaleString()} pictures, ${when(from)} to ${when(until)}`;
}

function Looked({report, now}: {report: DriftReport; now: number}) {
  const newest = report.windows[report.windows.length - 1];
  return (
    <section class="card" aria-label="What was compared">
      <h2>What was compared</h2>
      <dl class="facts">
        <dt>Reference</dt><dd>{stretch(report.reference)}</dd>
        {report.windows.map((window, index) => <WindowFact key={window.from ?? index} window={window} name={index === report.windows.length - 1 ? 'Newest window' : `Window ${index + 1}`} />)}
        {newest?.until && <><dt>Newest answer</dt><dd><Time at={newest.until} now={now} /></dd></>}
      </dl>
    </section>
  );
}

function WindowFact({window, name}: {window: Stretch; name: string}) {
  return <><dt>{name}</dt><dd>{stretch(window)}</dd></>;
}

function counted({count, right, interval}: {count: number; right: number; interval: [number, number]}): string {
  return count === 0 ? 'no picture labelled yet' : `${percent(right / count)} of ${count.toLocaleString()} (${percent(interval[0])} … ${percent(interval[1])})`;
}

function Quality({report: {accuracy}}: {report: DriftReport}) {
  const {validation, estimated, estimated_reference: before, estimated_interval: interval} = accuracy;
  return (
    <section class="card" aria-label="How good it is now">
      <h2>How good it is now</h2>
      <dl class="facts">
        {validation !== null && <><dt>When released</dt><dd>{percent(validation)} on the test set</dd></>}
        {estimated !== null && (
          <><dt>Estimated without labels</dt><dd>{percent(estimated)}{interval && ` (${percent(interval[0])} … ${percent(interval[1])})`}{before !== null && `, in the reference ${percent(before)}`}</dd></>
        )}
        <dt>Chosen by chance, labelled</dt><dd>{counted(accuracy.audited)}</dd>
        <dt>All labelled</dt><dd>{counted(accuracy.labelled)}</dd>
      </dl>
      <p class="faint">People label what the model is unsure of first, so “all labelled” is lower than the truth.</p>
    </section>
  );
}

function number(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function Inputs({inputs, windows}: {inputs: DriftInput[]; windows: Stretch[]}) {
  if (inputs.length === 0) return null;
  const order = [...inputs].sort((a, b) => Number(b.verdict === 'drifted') - Number(a.verdict === 'drifted') || b.effect / (b.floor || 1) - a.effect / (a.floor || 1));
  return (
    <section aria-label="What shifted">
      <h2 class="section">What shifted</h2>
      <div class="inputs">
        {order.map((input) => <Input key={input.input} input={input} windows={windows} />)}
      </div>
    </section>
  );
}

const kEffects: Record<string, string> = {wasserstein: 'Wasserstein', 'jensen-shannon': 'Jensen–Shannon', mmd2: 'MMD²'};

// Of features nobody can show the numbers themselves: what is shown is how far they lie from the reference's centre.
function isFeatures(input: DriftInput): boolean {
  return input.test === 'mmd';
}

function means(input: DriftInput): string {
  if (input.test === 'chi-square') return '';
  if (input.test === 'fisher') return `${percent(input.reference_mean)} → ${percent(input.current_mean)} · `;
  return `${isFeatures(input) ? 'mean distance from the reference’s centre' : 'mean'} ${number(input.reference_mean)} → ${number(input.current_mean)} · `;
}

function figures(input: DriftInput): string {
  if (input.reference_count === 0) return 'The reference has none of it to compare with.';
  if (input.current_count === 0) return 'The windows have none of it to compare with.';
  return `${means(input)}${kEffects[input.effect_name] ?? input.effect_name} ${number(input.effect)} (matters from ${number(input.floor)}) · PSI ${number(input.psi)}`;
}

function share(of: number, count: number): string {
  return count === 0 ? '–' : percent(of, 0);
}

function Input({input, windows}: {input: DriftInput; windows: Stretch[]}) {
  const pairs = barPairs(input.bars);
  const most = Math.max(0.01, ...pairs.flatMap(({reference, current}) => [reference, current]));
  return (
    <article class="card input" aria-label={title(input.input)}>
      <header class="row between"><h3>{title(input.input)}</h3><Badge word={input.verdict} /></header>
      <p class="faint number">{figures(input)}</p>
      <ol class="windows" aria-label="Windows, the oldest first">
        {input.windows.map((window, index) => (
          <li key={windows[index]?.from ?? index} class={window.drifted ? 'hit' : window.counted ? 'quiet' : 'none'}
            title={windows[index] ? stretch(windows[index]) : ''}>
            <span class="only-heard">{window.drifted ? 'drifted' : window.counted ? 'stable' : 'too few'}</span>
          </li>
        ))}
        <li class="words" aria-hidden="true">{input.hits} of {input.looked} windows</li>
      </ol>
      {pairs.length > 0 && (
        <div class="table-box" tabIndex={0} role="region" aria-label={`Distribution of ${input.input}`}>
          <table class="pairs">
            <thead><tr><th scope="col">{isFeatures(input) ? 'Distance' : title(input.input)}</th><th scope="col">reference <span class="swatch reference" /></th><th scope="col">now <span class="swatch current" /></th></tr></thead>
            <tbody>
              {pairs.map(({name, reference, current}) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td><span class="pair"><span class="pair-bar reference" style={{inlineSize: `${(reference / most) * 100}%`}} /><span>{share(reference, input.reference_count)}</span></span></td>
                  <td><span class="pair"><span class="pair-bar current" style={{inlineSize: `${(current / most) * 100}%`}} /><span>{share(current, input.current_count)}</span></span></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </article>
  );
}

function Pictures({images, now}: {images: DriftedImage[]; now: number}) {
  const {api} = useServices();
  if (images.length === 0) return null;
  return (
    <section class="card" aria-label="Pictures furthest from the reference">
      <h2>Furthest from the reference</h2>
      <ul class="pictures">
        {images.map((image) => (
          <li key={image.digest}>
            {image.frame
              ? <a href={`../#/label?name=${encodeURIComponent(image.frame)}`}><img src={api.thumbnail(image.frame)} alt={`${image.frame}, answered ${image.label}`} loading="lazy" /></a>
              : <span class="no-picture">not stored</span>}
            <span class="caption"><strong>{image.label}</strong> {percent(image.confidence, 0)}</span>
            <span class="caption faint">{image.input === 'features' ? 'features, distance' : image.input} {number(image.value)} · <Time at={image.time} now={now} /></span>
          </li>
        ))}
      </ul>
    </section>
  );
}
