// From opening the page to the views: the language, the session, the person's name.
import {useEffect, useMemo, useState} from 'preact/hooks';

import {useSession, type Start} from '../../shared/useSession';
import {Api, type Session} from './logic/api';
import {Settings} from './logic/settings';
import {NameDialog} from './parts/NameDialog';
import {Shell} from './parts/Shell';
import {browserKeeper, Services, ServicesContext, useWatched} from './services';
import {Login} from './views/Login';
import {en} from './words/en';
import {LanguageContext, WordsContext} from './words/useWords';
import {chooseLanguage, loadWords, type Language, type Words} from './words/words';

// The dictionary in use; the one before stays until the new one is there.
function useLanguage(settings: Settings): {language: Language; words: Words} | undefined {
  useWatched(settings);
  const wanted = chooseLanguage(settings.data.language, navigator.languages);
  const [loaded, setLoaded] = useState<{language: Language; words: Words}>();
  useEffect(() => {
    let late = false;
    loadWords(wanted).catch(() => en).then((words) => {
      if (late) return;
      document.documentElement.lang = wanted;
      document.title = words.title;
      setLoaded({language: wanted, words});
    }).catch(console.error);
    return () => {
      late = true;
    };
  }, [wanted]);
  return loaded;
}

export function App() {
  const settings = useMemo(() => new Settings(browserKeeper('localStorage')), []);
  const api = useMemo(() => new Api(settings.data.annotator), [settings]);
  const language = useLanguage(settings);
  const {start, signedOut} = useSession(api);
  if (!language) return null;
  return (
    <LanguageContext.Provider value={language.language}>
      <WordsContext.Provider value={language.words}>
        <Started start={start} api={api} settings={settings} words={language.words} signedOut={signedOut} />
      </WordsContext.Provider>
    </LanguageContext.Provider>
  );
}

interface StartedProps {
  start: Start<Session>;
  api: Api;
  settings: Settings;
  words: Words;
  signedOut: () => void;
}

function Started({start, api, settings, words, signedOut}: StartedProps) {
  useWatched(settings);
  if (start.kind === 'waiting') return <main class="alone" aria-busy="true"><h1>{words.title}</h1></main>;
  if (start.kind === 'login') return <Login />;
  if (start.kind === 'unreachable') {
    return (
      <main class="alone">
        <h1>{words.unreachableTitle}</h1>
        <p role="status">{words.unreachableText}</p>
      </main>
    );
  }
  const {session} = start;
  if (!session.named && !settings.data.annotator) {
    return (
      <main class="alone">
        <h1>{words.title}</h1>
        <NameDialog suggestion={session.annotator} onName={(annotator) => settings.set({annotator})} />
      </main>
    );
  }
  return <Inside session={session} api={api} settings={settings} words={words} signedOut={signedOut} />;
}

function Inside({session, api, settings, words, signedOut}: Omit<StartedProps, 'start'> & {session: Session}) {
  api.annotator = session.named ? session.annotator : settings.data.annotator;
  const holder = useMemo(() => ({words}), []);
  holder.words = words;
  const services = useMemo(() => new Services(api, settings, session, () => holder.words, signedOut), [api, settings, session]);
  useEffect(() => {
    let stop: (() => void) | undefined;
    let gone = false;
    void services.start().then((end) => {
      if (gone) end();
      else stop = end;
    });
    return () => {
      gone = true;
      stop?.();
    };
  }, [services]);
  return (
    <ServicesContext.Provider value={services}>
      <Shell />
    </ServicesContext.Provider>
  );
}
