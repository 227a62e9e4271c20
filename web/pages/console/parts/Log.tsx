import {useEffect, useRef, useState} from 'preact/hooks';

import {useServices} from '../console';
import {followLog, tail} from '../logic/logStream';

// What a step prints, live. Stays at the end unless one has scrolled up.
export function Log({run, step}: {run: string; step: string}) {
  const {api} = useServices();
  const [text, setText] = useState('');
  const [over, setOver] = useState(false);
  const box = useRef<HTMLPreElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    setText('');
    setOver(false);
    follows.current = true;
    return followLog(api.logAddress(run, step), {
      onText: (added) => setText((before) => tail(before, added)),
      onEnd: () => setOver(true),
    });
  }, [api, run, step]);
  useEffect(() => {
    const element = box.current;
    if (element && follows.current) element.scrollTop = element.scrollHeight;
  }, [text]);
  return (
    <div class="log">
      <pre ref={box} tabIndex={0} role="log" aria-label={`Log of the step ${step}`} onScroll={(event) => {
        const {scrollTop, scrollHeight, clientHeight} = event.currentTarget;
        follows.current = scrollHeight - scrollTop - clientHeight < 40;
      }}>{text || (over ? 'It printed nothing.' : 'Nothing yet…')}</pre>
      <p class="faint">{over ? 'The step has ended.' : 'Live'}</p>
    </div>
  );
}
