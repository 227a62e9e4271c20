// Numbers that need no secrecy are hashes; keys are random.

// FNV-1a of the text's UTF-16 units, finished by the mixer of MurmurHash3: 32 evenly spread bits.
export function hash32(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; ++index) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

// 22 characters of [A-Za-z0-9_-] from 128 random bits; works without a secure context too.
export function randomKey(): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return [...crypto.getRandomValues(new Uint8Array(22))].map((byte) => letters[byte & 63]).join('');
}
