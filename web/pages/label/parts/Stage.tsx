import {useEffect, useLayoutEffect, useRef, useState} from 'preact/hooks';

import {imageAddress} from '../logic/api';
import type {Broken, Picture} from '../logic/pictures';
import {useServices, useWatched} from '../services';
import {useWords} from '../words/useWords';
import {fill} from '../words/words';

const kSwipePixels = 60;

// Calls `done` when what was drawn by now is on the screen: after the next frame has begun and been handed over.
function afterPaint(done: (at: number) => void): () => void {
  let gone = false;
  const frame = requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      if (!gone) done(performance.now());
    };
    channel.port2.postMessage(null);
  });
  return () => {
    gone = true;
    cancelAnimationFrame(frame);
  };
}

// The size of the place in pixels of the screen; pictures are decoded for it.
function useBox(place: {current: HTMLElement | null}) {
  const {pictures} = useServices();
  useLayoutEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const measure = () => {
      const {width, height} = element.getBoundingClientRect();
      const ratio = window.devicePixelRatio || 1;
      if (width > 0 && height > 0) pictures.resize({width: Math.round(width * ratio), height: Math.round(height * ratio)});
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [pictures]);
}

function draw(canvas: HTMLCanvasElement, place: HTMLElement, {bitmap}: Picture): void {
  const {width, height} = place.getBoundingClientRect();
  const ratio = window.devicePixelRatio || 1;
  const scale = Math.min((width * ratio) / bitmap.width, (height * ratio) / bitmap.height);
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.style.width = `${canvas.width / ratio}px`;
  canvas.style.height = `${canvas.height / ratio}px`;
  canvas.getContext('2d', {alpha: false})?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
}

// Draws the picture in the same task that changed the name, and tells when the person can see it.
function useDrawing(name: string, picture: Picture | undefined, broken: Broken | undefined,
                    canvas: {current: HTMLCanvasElement | null}, place: {current: HTMLElement | null}) {
  const services = useServices();
  const item = services.view(name);
  useLayoutEffect(() => {
    if (canvas.current && place.current && picture) draw(canvas.current, place.current, picture);
  }, [name, picture]);
  useLayoutEffect(() => {
    if ((!picture && !broken) || !item) return undefined;
    return afterPaint((at) => {
      const seen = services.view(name);
      if (seen) services.labelling.painted(seen, at);
      document.documentElement.dataset['painted'] = name;
    });
  }, [name, picture, broken, item?.revision, item?.prediction]);
}

function useSwipe() {
  const {labelling} = useServices();
  const from = useRef<{x: number; y: number; id: number} | undefined>(undefined);
  return {
    onPointerDown: (event: PointerEvent) => {
      from.current = event.pointerType === 'mouse' ? undefined : {x: event.clientX, y: event.clientY, id: event.pointerId};
    },
    onPointerUp: (event: PointerEvent) => {
      const start = from.current;
      from.current = undefined;
      if (!start || start.id !== event.pointerId || labelling.zoomed) return;
      const [x, y] = [event.clientX - start.x, event.clientY - start.y];
      if (Math.abs(x) < kSwipePixels || Math.abs(x) < 2 * Math.abs(y)) return;
      const forward = (x < 0) === (document.documentElement.dir !== 'rtl');
      labelling.run(forward ? 'next' : 'back');
    },
    onPointerCancel: () => {
      from.current = undefined;
    },
  };
}

// The image in its own pixels, to scroll about in.
function Zoomed({name}: {name: string}) {
  const place = useRef<HTMLDivElement>(null);
  const words = useWords();
  useEffect(() => place.current?.focus(), []);
  return (
    <div ref={place} class="zoomed" tabIndex={0} role="group" aria-label={fill(words.zoomedImage, {name})}>
      <img src={imageAddress(name)} alt={name} onLoad={() => {
        const element = place.current;
        element?.scrollTo((element.scrollWidth - element.clientWidth) / 2, (element.scrollHeight - element.clientHeight) / 2);
      }} />
    </div>
  );
}

export function Stage({name}: {name: string}) {
  const {pictures, labelling} = useServices();
  useWatched(pictures);
  const words = useWords();
  const place = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  useBox(place);
  const picture = pictures.get(name);
  const broken = picture ? undefined : pictures.brokenness(name);
  useDrawing(name, picture, broken, canvas, place);
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    setSlow(false);
    const timer = setTimeout(() => setSlow(true), 300);
    return () => clearTimeout(timer);
  }, [name]);
  const why = {missing: words.imageGone, unreadable: words.imageBroken, unreachable: words.unreachableTitle};
  return (
    <div class="stage" {...useSwipe()}>
      <div ref={place} class="place">
        <canvas ref={canvas} role="img" aria-label={fill(words.imageNamed, {name})} hidden={!picture} />
        {!picture && broken && <p class="unseen" role="status">{why[broken]}</p>}
        {!picture && !broken && slow && <p class="unseen faint">{words.loading}</p>}
      </div>
      {labelling.zoomed && <Zoomed name={name} />}
    </div>
  );
}
