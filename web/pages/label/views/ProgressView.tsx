import {useEffect, useState} from 'preact/hooks';

import type {AgreementPair, Progress} from '../logic/api';
import type {Route} from '../logic/router';
import {useServices, useWatched} from '../services';
import {useFormat, useWords} from '../words/useWords';
import {fill} from '../words/words';

const kAgainMilliseconds = 15_000;

interface Numbers {
  progress: Progress;
  pairs: AgreementPair[];
}

function useNumbers(): {numbers: Numbers | undefined; failed: boolean} {
  const {api, outbox} = useServices();
  useWatched(outbox);
  const [numbers, setNumbers] = useState<Numbers>();
  const [failed, setFailed] = useState(false);
  const saved = outbox.unsaved === 0 ? outbox.savedCount : -1;
  useEffect(() => {
    let late = false;
    const ask = () => {
      Promise.all([api.progress(), api.agreement().catch(() => ({pairs: []}))]).then(([progress, {pairs}]) => {
        if (late) return;
        setNumbers({progress, pairs});
        setFailed(false);
      }).catch(() => !late && setFailed(true));
    };
    ask();
    const timer = setInterval(ask, kAgainMilliseconds);
    return () => {
      late = true;
      clearInterval(timer);
    };
  }, [api, saved]);
  return {numbers, failed};
}

function Bars({title, counts}: {title: string; counts: Record<string, number>}) {
  const format = useFormat();
  const words = useWords();
  const rows = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  const most = Math.max(1, ...rows.map(([, count]) => count));
  const all = Math.max(1, rows.reduce((sum, [, count]) => sum + count, 0));
  return (
    <section class="card">
      <h2>{title}</h2>
      {rows.length === 0 && <p class="faint">{words.nothingYet}</p>}
      <ul class="bars">
        {rows.map(([name, count]) => (
          <li key={name}>
            <span class="bar-name"><bdi>{name}</bdi></span>
            <span class="bar-track" aria-hidden="true"><span class="bar-fill" style={{inlineSize: `${(count / most) * 100}%`}} /></span>
            <span class="number">{format.number(count)} <span class="faint">{format.percent(count / all)}</span></span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Done({progress}: {progress: Progress}) {
  const words = useWords();
  const format = useFormat();
  const parts: [string, number, string][] = [
    [words.labelled, progress.labelled, 'labelled'], [words.skipped, progress.skipped, 'skipped'], [words.unlabelled, progress.unlabelled, 'unlabelled'],
  ];
  const all = Math.max(1, progress.total);
  return (
    <section class="card wide">
      <h2>{fill(words.doneShare, {percent: format.percent(progress.labelled / all, progress.labelled < all ? 1 : 0)})}</h2>
      <div class="whole" aria-hidden="true">
        {parts.map(([name, count, kind]) => <span key={name} class={`part ${kind}`} style={{inlineSize: `${(count / all) * 100}%`}} />)}
      </div>
      <dl class="legend">
        {parts.map(([name, count, kind]) => (
          <div key={name}><dt><span class={`swatch ${kind}`} aria-hidden="true" />{name}</dt><dd>{format.number(count)}</dd></div>
        ))}
        <div><dt>{words.rejected}</dt><dd>{format.number(progress.rejected)}</dd></div>
      </dl>
    </section>
  );
}

function Speed({progress}: {progress: Progress}) {
  const words = useWords();
  const format = useFormat();
  const {hours_left: left, seconds_per_label: seconds} = progress;
  const time = left === null ? '–' : left < 1 ? fill(words.minutes, {n: format.number(Math.ceil(left * 60))}) : fill(words.hours, {n: format.number(left, left < 10 ? 1 : 0)});
  return (
    <section class="card">
      <h2>{words.speed}</h2>
      <dl class="figures">
        <div><dt>{words.lastHour}</dt><dd>{format.number(progress.labels_last_hour)}</dd></div>
        <div><dt>{words.perLabel}</dt><dd>{seconds === null ? '–' : `${format.number(seconds, 1)} s`}</dd></div>
        <div><dt>{words.timeLeft}</dt><dd>{time}</dd></div>
      </dl>
    </section>
  );
}

// Whether people follow what they are shown: the same share with the suggestion shown and withheld means that they do not.
function Following({progress}: {progress: Progress}) {
  const words = useWords();
  const format = useFormat();
  const rows: [string, {labels: number; agree: number}][] = [[words.shownLabels, progress.shown], [words.blindLabels, progress.blind]];
  return (
    <section class="card">
      <h2>{words.following}</h2>
      <p class="faint">{words.followingText}</p>
      <ul class="bars">
        {rows.map(([name, {labels, agree}]) => (
          <li key={name}>
            <span class="bar-name">{name}</span>
            <span class="bar-track" aria-hidden="true"><span class="bar-fill" style={{inlineSize: `${labels > 0 ? (agree / labels) * 100 : 0}%`}} /></span>
            <span class="number">{labels > 0 ? format.percent(agree / labels) : '–'} <span class="faint">{fill(words.ofLabels, {n: format.number(labels)})}</span></span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Agreement({pairs}: {pairs: AgreementPair[]}) {
  const words = useWords();
  const format = useFormat();
  return (
    <section class="card">
      <h2>{words.agreement}</h2>
      {pairs.length === 0 && <p class="faint">{words.agreementNone}</p>}
      {pairs.length > 0 && (
        <table class="plain-table">
          <thead><tr><th scope="col">{words.people}</th><th scope="col">{words.images}</th><th scope="col">{words.same}</th><th scope="col">κ</th></tr></thead>
          <tbody>
            {pairs.map(({first, second, items, agree, kappa}) => (
              <tr key={`${first}\n${second}`}>
                <th scope="row"><bdi>{first}</bdi> · <bdi>{second}</bdi></th>
                <td>{format.number(items)}</td>
                <td>{items > 0 ? format.percent(agree / items) : '–'}</td>
                <td>{kappa === null ? '–' : format.number(kappa, 2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

export function ProgressView(_: {route: Route}) {
  const words = useWords();
  const {numbers, failed} = useNumbers();
  return (
    <main class="progress-view" tabIndex={0} aria-label={words.viewProgress}>
      <h1 class="only-heard">{words.viewProgress}</h1>
      {failed && <p class="bad notice" role="status">{words.unreachableText}</p>}
      {numbers && (
        <div class="cards">
          <Done progress={numbers.progress} />
          <Speed progress={numbers.progress} />
          <Bars title={words.byLabel} counts={numbers.progress.by_label} />
          <Bars title={words.bySource} counts={numbers.progress.by_source} />
          <Bars title={words.byPerson} counts={numbers.progress.by_annotator} />
          <Following progress={numbers.progress} />
          <Agreement pairs={numbers.pairs} />
        </div>
      )}
    </main>
  );
}
