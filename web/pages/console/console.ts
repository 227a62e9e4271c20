// What every view needs: the server, who looks, and a way to ask again and again.
import {createContext} from 'preact';
import {useCallback, useContext, useEffect, useRef, useState} from 'preact/hooks';

import {ApiError} from '../../shared/apiError';
import type {Api, Session} from './logic/api';

export interface Services {
  api: Api;
  session: Session;
  // Says something to whoever looks or listens.
  say: (text: string) => void;
  // The token is no longer known.
  signedOut: () => void;
}

export const ServicesContext = createContext<Services | undefined>(undefined);

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (!services) throw new Error('no services around this part');
  return services;
}

export interface Polled<T> {
  data: T | undefined;
  problem: string | undefined;  // of the newest try
  again: () => void;
}

// Asks at once and then every `everyMs` while the page is seen. `key`: another one begins anew.
export function usePolled<T>(ask: () => Promise<T>, everyMs: number, key = ''): Polled<T> {
  const {signedOut} = useServices();
  const [state, setState] = useState<{key: string; data?: T; problem?: string}>({key});
  const [turn, setTurn] = useState(0);
  const newest = useRef(ask);
  newest.current = ask;
  useEffect(() => {
    let gone = false;
    const go = () => {
      if (document.visibilityState === 'hidden') return;
      newest.current().then((data) => !gone && setState({key, data})).catch((error: unknown) => {
        if (gone) return;
        if (error instanceof ApiError && error.status === 401) signedOut();
        const problem = error instanceof ApiError && error.status !== 0 ? error.message : 'The server cannot be reached.';
        setState((before) => ({...(before.key === key ? before : {}), key, problem}));
      });
    };
    go();
    const timer = setInterval(go, everyMs);
    document.addEventListener('visibilitychange', go);
    return () => {
      gone = true;
      clearInterval(timer);
      document.removeEventListener('visibilitychange', go);
    };
  }, [everyMs, key, turn]);
  const again = useCallback(() => setTurn((count) => count + 1), []);
  const current = state.key === key ? state : undefined;
  return {data: current?.data, problem: current?.problem, again};
}

// The time now, renewed so often that "3 minutes ago" stays true.
export function useNow(everyMs = 15_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
