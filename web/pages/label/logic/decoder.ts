// A worker: fetches an image, decodes it, brings it to the size of the screen.
import type {Box, Delivery, Order, Picture} from './pictures';

async function decode(blob: Blob, box: Box): Promise<Picture> {
  const whole = await createImageBitmap(blob);
  const {width, height} = whole;
  const scale = Math.min(box.width / width, box.height / height);
  if (Math.round(width * scale) === width) return {bitmap: whole, width, height};
  // Small ones are made larger here too: on the page, drawing them so would take longer than a frame.
  try {
    const bitmap = await createImageBitmap(whole, {
      resizeWidth: Math.max(1, Math.round(width * scale)),
      resizeHeight: Math.max(1, Math.round(height * scale)),
      resizeQuality: 'medium',
    });
    return {bitmap, width, height};
  } finally {
    whole.close();
  }
}

async function deliver({id, address, box}: Order): Promise<Delivery> {
  let blob: Blob;
  try {
    const response = await fetch(address, {credentials: 'same-origin'});
    if (response.status >= 500 || response.status === 429) return {id, broken: 'unreachable'};
    if (!response.ok) return {id, broken: 'missing'};
    blob = await response.blob();
  } catch {
    return {id, broken: 'unreachable'};
  }
  try {
    return {id, picture: await decode(blob, box)};
  } catch {
    return {id, broken: 'unreadable'};
  }
}

self.onmessage = (event: MessageEvent<Order>) => {
  void deliver(event.data).then((delivery) => {
    const transfer = 'picture' in delivery ? [delivery.picture.bitmap] : [];
    (self as unknown as {postMessage(message: Delivery, transfer: Transferable[]): void}).postMessage(delivery, transfer);
  });
};
