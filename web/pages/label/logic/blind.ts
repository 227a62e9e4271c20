// Which images are shown without the model's suggestion, to measure how far people follow it.
import {hash32} from './random';

// The same name, seed and share always give the same answer, so that going back or reloading does not uncover one.
export function isBlind(name: string, seed: string, share: number): boolean {
  return hash32(`${seed}\n${name}`) < share * 2 ** 32;
}
