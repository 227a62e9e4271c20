// Pictures fetched, decoded and brought to the size of the screen before they are needed, by workers: drawing one
// then takes a millisecond.
import {afterPaint} from '../../../shared/afterPaint';
import {Observable} from './observable';

export interface Box {
  width: number;   // in pixels of the screen
  height: number;
}

export interface Picture {
  bitmap: ImageBitmap;
  width: number;   // of the image itself
  height: number;
}

export interface Order {
  id: number;
  address: string;
  box: Box;
}

export type Delivery = {id: number; picture: Picture} | {id: number; broken: 'missing' | 'unreadable' | 'unreachable'};
export type Broken = Extract<Delivery, {broken: unknown}>['broken'];

// What a worker is to this module.
export interface Decoder {
  post(order: Order): void;
  receive(take: (delivery: Delivery) => void): void;
}

interface Slot {
  id: number;
  state: 'waiting' | 'decoding' | 'ready' | 'broken';
  picture?: Picture;
  broken?: Broken;
}

const kRetryMilliseconds = 1000;

export class Pictures extends Observable {
  private readonly slots = new Map<string, Slot>();
  private readonly names = new Map<number, string>();  // of orders that are out
  private readonly idle: Decoder[];
  private wanted: string[] = [];
  private box: Box = {width: 1, height: 1};
  private lastId = 0;

  constructor(decoders: Decoder[], private readonly addressOf: (name: string) => string) {
    super();
    this.idle = [...decoders];
    for (const decoder of decoders) {
      decoder.receive((delivery) => {
        this.idle.push(decoder);
        this.take(delivery);
        this.work();
      });
    }
  }

  get(name: string): Picture | undefined {
    return this.slots.get(name)?.picture;
  }

  brokenness(name: string): Broken | undefined {
    const slot = this.slots.get(name);
    return slot?.state === 'broken' ? slot.broken : undefined;
  }

  // The names to have ready, the most urgent first; others are let go.
  want(names: readonly string[]): void {
    this.wanted = [...new Set(names)];
    const keep = new Set(this.wanted);
    for (const [name, slot] of this.slots) {
      if (keep.has(name)) continue;
      slot.picture?.bitmap.close();
      this.slots.delete(name);
    }
    for (const name of this.wanted) {
      if (!this.slots.has(name)) this.slots.set(name, {id: 0, state: 'waiting'});
    }
    const first = this.wanted[0];
    const isThere = first !== undefined && this.slots.get(first)?.state === 'ready';
    if (isThere) afterPaint(() => this.work());
    else this.work();
  }

  // The place for a picture has another size. What is ready stays until it is there anew.
  resize(box: Box): void {
    if (box.width === this.box.width && box.height === this.box.height) return;
    this.box = box;
    for (const slot of this.slots.values()) {
      if (slot.state === 'broken') continue;
      this.names.delete(slot.id);
      slot.state = 'waiting';
      slot.id = 0;
    }
    this.work();
  }

  private work(): void {
    for (const name of this.wanted) {
      const slot = this.slots.get(name);
      if (slot?.state !== 'waiting') continue;
      const decoder = this.idle.shift();
      if (!decoder) return;
      slot.state = 'decoding';
      slot.id = ++this.lastId;
      this.names.set(slot.id, name);
      decoder.post({id: slot.id, address: this.addressOf(name), box: this.box});
    }
  }

  private take(delivery: Delivery): void {
    const name = this.names.get(delivery.id);
    this.names.delete(delivery.id);
    const slot = name === undefined ? undefined : this.slots.get(name);
    if (!slot || slot.id !== delivery.id) {
      if ('picture' in delivery) delivery.picture.bitmap.close();
      return;
    }
    if ('picture' in delivery) {
      slot.picture?.bitmap.close();
      slot.picture = delivery.picture;
      slot.state = 'ready';
    } else {
      slot.state = 'broken';
      slot.broken = delivery.broken;
      if (delivery.broken === 'unreachable') this.later(slot);
    }
    this.changed();
  }

  // A server that is away comes back.
  private later(slot: Slot): void {
    setTimeout(() => {
      if (slot.state !== 'broken') return;
      slot.state = 'waiting';
      this.work();
    }, kRetryMilliseconds);
  }
}
