import {ago, when} from '../logic/format';

// "3 minutes ago", with the whole time for who wants it.
export function Time({at, now}: {at: string; now: number}) {
  return <time dateTime={at} title={when(at)}>{ago(at, now)}</time>;
}
