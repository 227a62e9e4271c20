// From opening the page to the views: the session, the frame, what is said.
import {useEffect, useMemo, useRef, useState} from 'preact/hooks';
import type {ComponentType} from 'preact';

import {ServicesContext, type Services} from './console';
import {useSession} from '../../shared/useSession';
import {Api, type Session} from './logic/api';
import {kViews, readRoute, writeRoute, type Route, type View} from './logic/router';
import {keptName} from './logic/person';
import {CanaryView} from './views/CanaryView';
import {DriftView} from './views/DriftView';
import {ModelsView} from './views/ModelsView';
import {RunsView} from './views/RunsView';

const kSaidMilliseconds = 6000;

const kNames: Record<View, string> = {runs: 'Runs', models: 'Models', drift: 'Drift', canary: 'Canary'};
const kComponents: Record<View, ComponentType<{route: Route}>> = {runs: RunsView, models: ModelsView, drift: DriftView, canary: CanaryView};

function useRoute(): Route {
  const [route, setRoute] = useState(() => readRoute(location.hash));
  useEffect(() => {
    const changed = () => setRoute(readRoute(location.hash));
    window.addEventListener('hashchange', changed);
    return () => window.removeEventListener('hashchange', changed);
  }, []);
  return route;
}

export function App() {
  const api = useMemo(() => new Api(keptName()), []);
  const {start, signedOut} = useSession(api);
  if (start.kind === 'waiting') return <main class="alone" aria-busy="true"><h1>Console</h1></main>;
  if (start.kind === 'login') {
    return (
      <main class="alone">
        <h1>A token is needed</h1>
        <p>Open the link that label-server printed when it started, or <a href="../">sign in on the labelling page</a>; then come back.</p>
      </main>
    );
  }
  if (start.kind === 'unreachable') {
    return (
      <main class="alone">
        <h1>The server cannot be reached</h1>
        <p role="status">Trying again every two seconds…</p>
      </main>
    );
  }
  return <Frame api={api} session={start.session} signedOut={signedOut} />;
}

function Frame({api, session, signedOut}: {api: Api; session: Session; signedOut: () => void}) {
  const route = useRoute();
  const [said, setSaid] = useState('');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const services = useMemo<Services>(() => ({
    api, session, signedOut,
    say: (text) => {
      clearTimeout(timer.current);
      setSaid(text);
      timer.current = setTimeout(() => setSaid(''), kSaidMilliseconds);
    },
  }), [api, session, signedOut]);
  useEffect(() => {
    document.title = `${kNames[route.view]} · Console`;
  }, [route.view]);
  const View = kComponents[route.view];
  return (
    <ServicesContext.Provider value={services}>
      <div class="shell" data-view={route.view}>
        <header class="top">
          <a class="brand" href="../" aria-label="Labelling page">
            <img src={new URL('./icon.svg', import.meta.url).href} alt="" width="28" height="28" />
          </a>
          <nav aria-label="Views">
            {kViews.map((view) => (
              <a key={view} href={writeRoute(view)} aria-current={view === route.view ? 'page' : undefined}>{kNames[view]}</a>
            ))}
          </nav>
          <span class="spring" />
          <a class="to-labels" href="../">Label images</a>
        </header>
        <main class="scroll" tabIndex={-1}><View route={route} /></main>
        <p class={said ? 'toast' : 'toast gone'} role="status">{said}</p>
      </div>
    </ServicesContext.Provider>
  );
}
