import type { UIMessageChunk } from 'ai';

/** A reader who falls behind by so much is cut off, and may come back for the rest by following the turn. */
const maxBehind = 1024 * 1024;

/** What the one reader of a response is sent. It never waits for that reader, who may have left. */
export class Outlet {
  readonly stream: ReadableStream<UIMessageChunk>;
  #controller: ReadableStreamDefaultController<UIMessageChunk> | null = null;

  constructor() {
    const size = (chunk: UIMessageChunk) => ('delta' in chunk ? chunk.delta.length : 64);
    this.stream = new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        cancel: () => {
          this.#controller = null;
        },
      },
      { highWaterMark: maxBehind, size },
    );
  }

  send(chunk: UIMessageChunk): void {
    this.#controller?.enqueue(chunk);
    if ((this.#controller?.desiredSize ?? 1) > 0) return;
    this.#controller?.error(new Error('the reader fell too far behind'));
    this.#controller = null;
  }

  close(): void {
    this.#controller?.close();
    this.#controller = null;
  }
}
