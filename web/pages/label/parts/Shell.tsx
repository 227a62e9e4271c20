// The frame around the views: where to go, what is saved, dialogs, what is said.
import {useEffect, useState} from 'preact/hooks';
import type {ComponentType} from 'preact';

import {readRoute, writeRoute, kViews, type Route, type View} from '../logic/router';
import {useServices, useWatched} from '../services';
import {LabelView} from '../views/LabelView';
import {GridView} from '../views/GridView';
import {ProgressView} from '../views/ProgressView';
import {ReviewView} from '../views/ReviewView';
import {useWords} from '../words/useWords';
import {DataDialog} from './DataDialog';
import {DropArea} from './DropArea';
import {HelpDialog} from './HelpDialog';
import {Icon, type IconName} from './icons';
import {SaveStatus} from './SaveStatus';
import {SettingsDialog} from './SettingsDialog';
import {Toast} from './Toast';
import {Troubles} from './Troubles';

const kViewComponents: Record<View, ComponentType<{route: Route}>> = {
  label: LabelView, grid: GridView, review: ReviewView, progress: ProgressView,
};

type Open = 'settings' | 'data' | 'troubles' | undefined;

function useRoute(): Route {
  const [route, setRoute] = useState(() => readRoute(location.hash));
  useEffect(() => {
    const changed = () => setRoute((before) => {
      const now = readRoute(location.hash);
      return writeRoute(now.view, now.query) === writeRoute(before.view, before.query) ? before : now;
    });
    window.addEventListener('hashchange', changed);
    changed();  // it may have changed between the first rendering and now
    return () => window.removeEventListener('hashchange', changed);
  }, []);
  return route;
}

function RoundButton({icon, name, onClick}: {icon: IconName; name: string; onClick: () => void}) {
  return (
    <button type="button" class="quiet round" aria-label={name} title={name} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}

function Bar({route, open}: {route: Route; open: (what: Open) => void}) {
  const {session, labelling} = useServices();
  const words = useWords();
  const names: Record<View, string> = {label: words.viewLabel, grid: words.viewGrid, review: words.viewReview, progress: words.viewProgress};
  return (
    <header class="top">
      <a class="brand" href={writeRoute('label')} aria-label={words.title}>
        <img src={new URL('../icon.svg', import.meta.url).href} alt="" width="28" height="28" />
      </a>
      <nav aria-label={words.views}>
        {kViews.map((view) => (
          <a key={view} href={writeRoute(view)} aria-current={view === route.view ? 'page' : undefined}>{names[view]}</a>
        ))}
      </nav>
      <SaveStatus onTroubles={() => open('troubles')} />
      <div class="tools">
        <a class="round" href="console/" aria-label={words.consoleTitle} title={words.consoleTitle}><Icon name="chart" /></a>
        {session.role === 'admin' && <RoundButton icon="data" name={words.dataTitle} onClick={() => open('data')} />}
        <RoundButton icon="settings" name={words.settingsTitle} onClick={() => open('settings')} />
        <RoundButton icon="help" name={words.helpTitle} onClick={() => labelling.run('help')} />
      </div>
    </header>
  );
}

export function Shell() {
  const {labelling, outbox} = useServices();
  useWatched(labelling);
  const route = useRoute();
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  useEffect(() => {
    // Only when the browser could not keep what is unsaved.
    const leave = (event: BeforeUnloadEvent) => {
      if (!outbox.keptInBrowser && outbox.unsaved > 0) event.preventDefault();
    };
    window.addEventListener('beforeunload', leave);
    return () => window.removeEventListener('beforeunload', leave);
  }, [outbox]);
  const View = kViewComponents[route.view];
  return (
    <div class="shell" data-view={route.view}>
      <Bar route={route} open={setOpen} />
      <View route={route} />
      <Toast />
      <DropArea onDropped={() => setOpen('data')} />
      {labelling.helpOpen && <HelpDialog onClose={() => labelling.closeHelp()} />}
      {open === 'settings' && <SettingsDialog onClose={close} />}
      {open === 'data' && <DataDialog onClose={close} />}
      {open === 'troubles' && <Troubles onClose={close} />}
    </div>
  );
}
