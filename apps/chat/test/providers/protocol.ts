/** What a model says to one request, and what goes wrong with it. */
export type Reply = {
  readonly thought?: string;
  readonly text?: string;
  readonly calls?: readonly ToolCall[];
  /** What it ends for, beside having said all. */
  readonly end?: 'length' | 'refusal';
  /** Once all of it is said but its end, which for a call is in the midst of its arguments. */
  readonly fault?: 'ends early' | 'hangs' | 'garbled' | 'reports an error';
};

export type ToolCall = { readonly name: string; readonly input: string; readonly id?: string };

/** A request that is turned down. */
export type Refusal = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** OpenAI's, where the status says too little. */
  readonly code?: string;
};

/** A request as the provider has read it. */
export type Heard = {
  readonly model: string;
  readonly tools: readonly string[];
  /** Whether the provider is to keep the answer. */
  readonly isKept: boolean;
  /** The conversation, a line for each word, call and result, in the same form whatever the protocol. */
  readonly said: readonly string[];
};

/** The pieces of a stream: those before a fault strikes, and those that end it well. */
export type Pieces = { readonly begun: readonly string[]; readonly rest: readonly string[] };

/** How one provider is spoken to. */
export type Protocol = {
  readonly path: string;
  readonly keyHeader: 'authorization' | 'x-api-key';
  /** Throws a WireFault for a request that the provider would answer with 400. */
  readonly read: (body: unknown) => Heard;
  readonly say: (reply: Reply, replyNumber: number) => Pieces;
  readonly errorBody: (refusal: Refusal, message: string) => unknown;
  /** The event of a stream that reports an overload in its midst. */
  readonly errorEvent: string;
};

/** What a provider finds wrong in a request. */
export class WireFault extends Error {
  override readonly name = 'WireFault';
}

/** Throws a WireFault unless it holds. */
export function hold(condition: boolean, fault: string): asserts condition {
  if (!condition) throw new WireFault(fault);
}

/** Arguments of a call, which are to be an object. */
export function holdObject(json: string): void {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    value = null;
  }
  hold(typeof value === 'object' && value !== null && !Array.isArray(value), `arguments are no object: ${json}`);
}

/** The words of a reply, in pieces as a model sends them. */
export function piecesOf(text: string): string[] {
  return text.match(/\s*\S+/g) ?? [];
}

/** In halves, so that there is a midst to break in. */
export function halvesOf(input: string): string[] {
  const middle = Math.ceil(input.length / 2);
  return [input.slice(0, middle), input.slice(middle)];
}

/** What every reply of these servers uses: of the input 8 were cached, of the output 4 are reasoning. */
export const usage = { input: 20, cached: 8, output: 10, reasoning: 4 } as const;
