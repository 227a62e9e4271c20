// Who uses a page: asked when it opens, and again for as long as the server cannot be reached.
import {useCallback, useEffect, useState} from 'preact/hooks';

import {ApiError} from './apiError';

const kAgainMilliseconds = 2000;

export type Start<Session> = {kind: 'waiting'} | {kind: 'unreachable'} | {kind: 'login'} | {kind: 'in'; session: Session};

export function useSession<Session>(api: {session(): Promise<Session>}) {
  const [start, setStart] = useState<Start<Session>>({kind: 'waiting'});
  const ask = useCallback(() => {
    api.session().then((session) => setStart({kind: 'in', session})).catch((error: unknown) => {
      const status = error instanceof ApiError ? error.status : 0;
      setStart(status === 401 || status === 403 ? {kind: 'login'} : {kind: 'unreachable'});
    });
  }, [api]);
  useEffect(ask, [ask]);
  useEffect(() => {
    if (start.kind !== 'unreachable') return undefined;
    const timer = setTimeout(ask, kAgainMilliseconds);
    return () => clearTimeout(timer);
  }, [start, ask]);
  return {start, signedOut: useCallback(() => setStart({kind: 'login'}), [])};
}
