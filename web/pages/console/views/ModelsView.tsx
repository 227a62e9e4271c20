// The registry: versions, what they are called, what happened to them; promotion and rollback by hand.
import {useState} from 'preact/hooks';

import {useNow, usePolled, useServices} from '../console';
import type {HistoryEntry, Model, Version} from '../logic/api';
import {metricValue, title} from '../logic/format';
import {writeRoute, type Route} from '../logic/router';
import {Badge} from '../parts/Badge';
import {Empty, Pending} from '../parts/Empty';
import {ReasonDialog} from '../parts/ReasonDialog';
import {Time} from '../parts/Time';
import {VersionView} from './VersionView';

const kEveryMs = 5000;

type Deed = {kind: 'promote'; model: string; version: number} | {kind: 'rollback'; model: string; previous: number};

export function ModelsView({route}: {route: Route}) {
  const {model, version} = route.query;
  if (model && version && /^\d+$/.test(version)) return <VersionView model={model} version={Number(version)} />;
  return <ModelList />;
}

function ModelList() {
  const {api, say} = useServices();
  const {data, problem, again} = usePolled(api.models, kEveryMs);
  const [deed, setDeed] = useState<Deed>();
  const now = useNow();
  if (!data) return <Pending problem={problem} again={again} />;
  const act = async (reason: string) => {
    if (deed?.kind === 'promote') await api.promote(deed.model, deed.version, reason);
    if (deed?.kind === 'rollback') await api.rollBack(deed.model, reason);
    say(deed?.kind === 'promote' ? `Version ${deed.version} is the champion.` : 'Rolled back.');
    setDeed(undefined);
    again();
  };
  return (
    <div class="page">
      <header class="page-head"><h1>Models</h1></header>
      {problem !== undefined && <p class="stale" role="status">{problem} What is shown may be old.</p>}
      {data.models.length === 0 && (
        <Empty title="No version yet">
          <p>A version appears here when a first run has passed its gates, or by <code>animalctl models register</code>.</p>
          <p><a href={writeRoute('runs')}>Runs</a></p>
        </Empty>
      )}
      {data.models.map((model) => <ModelCard key={model.name} model={model} now={now} onDeed={setDeed} />)}
      {deed && (
        <ReasonDialog title={deed.kind === 'promote' ? `Promote version ${deed.version}` : `Roll back to version ${deed.previous}`}
          action={deed.kind === 'promote' ? 'Promote' : 'Roll back'} dangerous={deed.kind === 'rollback'} onClose={() => setDeed(undefined)} onReason={act}
          text={deed.kind === 'promote' ? 'It answers all requests within a second, whatever its gates said.' : 'The version before the champion answers all requests again within a second.'} />
      )}
    </div>
  );
}

function aliasesOf({aliases}: Model, version: number): string[] {
  return Object.entries(aliases).filter(([, of]) => of === version).map(([name]) => name);
}

function ModelCard({model, now, onDeed}: {model: Model; now: number; onDeed: (deed: Deed) => void}) {
  const {session} = useServices();
  const isAdmin = session.role === 'admin';
  const {champion, previous} = model.aliases;
  return (
    <>
      <section class="card" aria-label={`Versions of ${model.name}`}>
        <header class="row between">
          <h2>{model.name}</h2>
          {isAdmin && previous !== null && (
            <button type="button" class="plain" onClick={() => onDeed({kind: 'rollback', model: model.name, previous})}>Roll back to version {previous}</button>
          )}
        </header>
        {champion === null && <p class="faint">No version serves yet.</p>}
        <div class="table-box" tabIndex={0} role="region" aria-label={`Table of the versions of ${model.name}`}>
          <table class="grid-table folds">
            <thead><tr><th scope="col">Version</th><th scope="col">Is</th><th scope="col">Made</th><th scope="col">Network</th><th scope="col">Accuracy</th><th scope="col">Images</th><th scope="col">Why</th><th scope="col"><span class="only-heard">Actions</span></th></tr></thead>
            <tbody>
              {model.versions.map((version) => (
                <tr key={version.version}>
                  <th scope="row"><a href={writeRoute('models', {model: model.name, version: String(version.version)})}>{version.version}</a></th>
                  <td>{aliasesOf(model, version.version).map((name) => <Badge key={name} word={name} />)}{version.refused !== null && <Badge word="refused" />}{version.pruned && <Badge word="pruned" />}</td>
                  <td><Time at={version.created_at} now={now} /></td>
                  <td>{version.architecture}</td>
                  <td class="number"><Accuracy version={version} /></td>
                  <td class="number">{version.train_images.toLocaleString()}</td>
                  <td class="why">{version.refused ?? version.trigger}</td>
                  <td class="action">
                    {version.pruned && <span class="faint">its files are gone</span>}
                    {isAdmin && version.version !== champion && !version.pruned && (
                      <button type="button" class="plain small" onClick={() => onDeed({kind: 'promote', model: model.name, version: version.version})}>
                        Promote<span class="only-heard"> version {version.version}</span>
                      </button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
      <History history={model.history} now={now} model={model.name} />
    </>
  );
}

function Accuracy({version}: {version: Version}) {
  const metric = version.metrics.find(({name}) => name === 'test_accuracy') ?? version.metrics.find(({name}) => name.includes('accuracy'));
  if (!metric) return <>–</>;
  const {name, value, low, high} = metric;
  return <span title={title(name)}>{metricValue(name, value)}{low !== null && high !== null && <span class="faint"> {metricValue(name, low)} … {metricValue(name, high)}</span>}</span>;
}

const kDeeds: Record<string, string> = {register: 'registered', promote: 'promoted', rollback: 'rolled back to', alias: 'named', refuse: 'refused', prune: 'removed the files of'};

function deedOf({action, alias, version}: HistoryEntry): string {
  if (action === 'alias' && version === null) return `no version is ${alias} any more`;
  return `${kDeeds[action] ?? action}${version === null ? '' : ` version ${version}`}${action === 'alias' ? ` as ${alias}` : ''}`;
}

function History({history, now, model}: {history: HistoryEntry[]; now: number; model: string}) {
  if (history.length === 0) return null;
  return (
    <section class="card" aria-label={`What happened to ${model}`}>
      <h2>What served when</h2>
      <ol class="history">
        {history.map((entry) => (
          <li key={entry.sequence}>
            <span class="faint"><Time at={entry.at} now={now} /></span>
            <span>
              <strong>{deedOf(entry)}</strong>
              {entry.champion_before !== entry.champion_after && entry.champion_before !== null && <span class="faint"> (before: {entry.champion_before})</span>}
              {entry.reason && <> — {entry.reason}</>}
            </span>
            <span class="faint">{entry.by}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
