/** A hash of 53 bits, which no two of a few million different things share by chance. */
export class Hash {
  #high = 0xdeadbeef;
  #low = 0x41c6ce57;

  add(code: number): void {
    this.#high = Math.imul(this.#high ^ code, 2654435761);
    this.#low = Math.imul(this.#low ^ code, 1597334677);
    this.#high ^= this.#low >>> 15;
    this.#low ^= this.#high >>> 13;
  }

  addText(text: string): void {
    for (let index = 0; index < text.length; index++) this.add(text.charCodeAt(index));
  }

  addHash(other: Hash): void {
    this.add(other.#high);
    this.add(other.#low);
  }

  get value(): number {
    return (this.#high & 0x1fffff) * 2 ** 32 + (this.#low >>> 0);
  }
}
