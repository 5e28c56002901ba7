import { createId, type Logger } from '@stateroom/core';
import {
  askFor,
  attemptOf,
  type ClientView,
  type OrchestrationState,
  type PendingCall,
  type SteeringMessage,
  toClientView,
  type Turn,
  type TurnAccount,
  type TurnProgressReport,
  TurnStopped,
} from '@stateroom/orchestration';
import {
  InvalidToolInputError,
  isStepCount,
  NoSuchToolError,
  streamText,
  toUIMessageStream,
  type UIMessage,
  type UIMessageChunk,
} from 'ai';
import type { Agent } from '../agent/agent.ts';
import { errorChunk, isAbsent, nameOf } from '../http/error-response.ts';
import { guardTools, ToolRefusal } from './guard-tools.ts';
import { modelErrorChunk } from './model-fault.ts';
import { toModelMessages, withoutItemIds } from './model-messages.ts';
import { ModelWatch } from './model-watch.ts';
import { Outlet } from './outlet.ts';
import { keptPart, SpokenMessage } from '../transcript/spoken-message.ts';
import { toldClosed, toldOf } from '../transcript/told-answers.ts';
import { approvalBy } from '../agent/tool-approval.ts';
import { fromTranscript, joined, toTranscript } from '../transcript/transcript.ts';
import { transitionTool } from './transition-tool.ts';
import { TurnProgress } from './turn-progress.ts';
import { pendingCalls, waitingIn } from './waiting-calls.ts';

/** The type of the last data part of every answer: the client view of the session after the turn. */
export const statePart = 'data-orchestration';

/** The type of the data part that stands where a user's message was taken along, which it names. */
export const steeredPart = 'data-steered';

export type AgentRun = {
  readonly agent: Agent;
  readonly turn: Turn<OrchestrationState>;
  /** What the model is to go on from: the transcript, with the turn's own message. */
  readonly messages: readonly UIMessage[];
  /** The calls of the last answer that were answered, with which the turn goes on. */
  readonly answered: UIMessage | null;
  /** To be told what the turn uses; null where nobody counts it. */
  readonly account: TurnAccount | null;
  readonly logger: Logger;
};

/** `done` settles when the turn is over, whether or not anybody reads the stream. It never rejects. */
export type RunningTurn = { readonly stream: ReadableStream<UIMessageChunk>; readonly done: Promise<void> };

/**
 * Runs a turn: the model and its tools by the rules of the agent's workflow, each model step stored before the next
 * begins. A reader who leaves does not stop it; whoever has the right to may stop it from anywhere.
 */
export function runAgent(run: AgentRun): RunningTurn {
  const outlet = new Outlet();
  const running = new RunningAgent(run, outlet);
  const done = running
    .toItsEnd()
    .catch((error: unknown) => {
      const facts = { error: nameOf(error), cause: nameOf(causeOf(error)) };
      // Whoever deletes a session in the middle of a turn may do so.
      if (isAbsent(error)) run.logger.info(facts, 'a turn ended with its session');
      else run.logger.error(facts, 'a turn could not be stored');
      // Whoever comes next finds what there is of it.
      run.turn.abandon();
      outlet.send(errorChunk(error));
    })
    .finally(() => outlet.close())
    // Of a turn that could not be stored, too, a model was paid.
    .then(() => running.settle());
  return { stream: outlet.stream, done };
}

class RunningAgent {
  readonly #run: AgentRun;
  readonly #outlet: Outlet;
  readonly #progress: TurnProgress;
  readonly #spoken: SpokenMessage;
  #messages: readonly UIMessage[];
  readonly #watch: ModelWatch;
  /** Held back until all is stored. */
  #finish: UIMessageChunk = { type: 'finish' };
  /** Of a step that could not be stored: it is stored with the end. */
  #unstored: readonly UIMessage[] = [];

  constructor(run: AgentRun, outlet: Outlet) {
    this.#run = run;
    this.#outlet = outlet;
    this.#progress = new TurnProgress(run.agent, run.turn);
    this.#messages = run.messages;
    this.#spoken = new SpokenMessage(run.answered);
    const lengths = () => ({ read: JSON.stringify(this.#messages).length, written: this.#spoken.length });
    this.#watch = new ModelWatch({ progress: this.#progress, logger: run.logger, lengths });
  }

  async toItsEnd(): Promise<void> {
    const { turn } = this.#run;
    await this.#say({ type: 'start', messageId: this.#spoken.id });
    await this.#takeAnswers();
    for (;;) {
      const isWell = await this.#speak();
      const isStopped = turn.signal.reason instanceof TurnStopped;
      this.#watch.settleStep({ isStopped });
      const said = await this.#spoken.take();
      const taken = await this.#end(said, isStopped ? 'stopped' : isWell ? 'completed' : 'failed');
      if (taken === null) return;
      await this.#takeAlong(taken, said);
    }
  }

  /** Tells whoever counts it what was used since it was told last. It goes on beside what the turn stores, and never fails it. */
  async settle(): Promise<void> {
    const { account, logger } = this.#run;
    const used = this.#progress.report.usage?.totalTokens ?? 0;
    await account?.settle(used).catch((error: unknown) => {
      logger.error({ error: nameOf(error) }, 'what a turn has used could not be counted yet');
    });
  }

  /** What was asked before is answered by now, or superseded. What a client has carried out is a call as any other. */
  async #takeAnswers(): Promise<void> {
    const { turn, answered } = this.#run;
    if (turn.state.pending.length > 0) turn.update((state) => askFor(state, []));
    this.#progress.offerTools();
    for (const { chunk, call } of toldOf(answered)) {
      await this.#say(chunk);
      if (call !== null && attemptOf(turn.id) === 1) this.#progress.noteTool(call);
    }
  }

  /** One call of the model with all its steps; whether it came to its end. */
  async #speak(): Promise<boolean> {
    const { turn } = this.#run;
    this.#spoken.begin();
    this.#watch.begin();
    try {
      const stream = await this.#modelStream();
      for await (const chunk of toUIMessageStream({ stream, sendStart: false, onError: toolErrorText })) {
        this.#watch.hear(chunk);
        if (chunk.type === 'finish') this.#finish = chunk;
        else if (chunk.type !== 'abort' && chunk.type !== 'error') await this.#say(chunk);
      }
    } catch (error) {
      // A connection to the model that breaks ends the stream itself; what was said until then still counts.
      if (!turn.signal.aborted) this.#watch.fail(error);
    }
    this.#spoken.end();
    turn.assertHeld();
    return this.#watch.isWell && !turn.signal.aborted;
  }

  async #modelStream() {
    const { agent, turn, logger } = this.#run;
    const result = streamText({
      model: agent.model,
      messages: await toModelMessages(this.#messages, agent.tools),
      tools: {
        ...guardTools(agent.tools, this.#progress, logger),
        ...transitionTool(agent.workflow, this.#progress),
      },
      toolApproval: approvalBy(agent, this.#progress),
      stopWhen: isStepCount(agent.maxModelSteps),
      abortSignal: turn.signal,
      prepareStep: async ({ stepNumber, messages: soFar }) => {
        const steered = stepNumber === 0 ? [] : await this.#betweenSteps(stepNumber);
        this.#watch.beginStep();
        const more = await toModelMessages(steered, agent.tools);
        return { ...this.#progress.beginModelStep(), ...(more.length > 0 && { messages: [...soFar, ...more] }) };
      },
      onStepEnd: (step) => this.#watch.endStep(step),
      onError: ({ error }) => this.#watch.log(error),
    });
    return result.stream;
  }

  /** Stores the model step that is done before the next may call a tool, and gives the messages to take along. */
  async #betweenSteps(stepNumber: number): Promise<UIMessage[]> {
    const { agent, turn } = this.#run;
    await this.#spoken.untilFinished(stepNumber);
    if (agent.durability === 'turn' && !turn.isSteered) return [];
    const said = await this.#spoken.take();
    // It is stored with the step itself, and tells whoever finds this turn dead what is.
    await turn.write({ type: keptPart, data: this.#spoken.id, transient: true });
    this.#unstored = said;
    const progress = { messages: await toTranscript(said), report: this.#progress.report };
    const [taken] = await Promise.all([turn.step(progress), this.settle()]);
    this.#unstored = [];
    return this.#takeAlong(taken, said);
  }

  /** The user's messages that came for this turn stand behind what was said until here, and are answered from here on. */
  async #takeAlong(taken: readonly SteeringMessage[], said: readonly UIMessage[]): Promise<UIMessage[]> {
    const { turn } = this.#run;
    const steered = await fromTranscript(taken.flatMap(({ input }) => input));
    this.#messages = joined([...this.#messages, ...said, ...steered]);
    if (taken.length > 0) {
      this.#spoken.id = createId();
      await turn.write({ type: keptPart, data: this.#spoken.id, transient: true });
    }
    for (const { messageId } of taken) {
      await this.#say({ type: steeredPart, data: { messageId, answerId: this.#spoken.id }, transient: true });
    }
    return steered;
  }

  /** Null at the end of the turn, or the messages for which it goes on. */
  async #end(
    said: readonly UIMessage[],
    how: 'completed' | 'stopped' | 'failed',
  ): Promise<readonly SteeringMessage[] | null> {
    const { agent, turn } = this.#run;
    const open = how === 'completed' ? waitingIn(agent, said) : [];
    const kept = how === 'completed' ? said : said.map(withoutItemIds);
    const messages = await toTranscript([...this.#unstored, ...kept], (id) => open.includes(id));
    const progress = { messages, report: this.#progress.report };
    this.#unstored = [];
    const calls = await pendingCalls(agent, { turn, stored: messages, open });
    if (calls.length > 0) return this.#wait(progress, calls);
    if (how === 'completed' && turn.isSteered) {
      await turn.write({ type: keptPart, data: this.#spoken.id, transient: true });
      const [taken] = await Promise.all([turn.step(progress), this.settle()]);
      // They may have been answered elsewhere.
      return taken.length > 0 ? taken : this.#end([], how);
    }
    if (how !== 'failed') this.#progress.recordEnd();
    const last = {
      completed: [this.#finish],
      stopped: stoppedChunks,
      failed: [modelErrorChunk(this.#watch.fault)],
    } as const;
    const closed = how === 'completed' ? [] : toldClosed(said);
    const lastChunks = [...closed, this.#stateChunk(), ...last[how]];
    const status = how === 'failed' ? 'failed' : 'completed';
    const ending = { messages: progress.messages, report: this.#progress.report, status, lastChunks } as const;
    const [outcome] = await Promise.all([turn.end(ending), this.settle()]);
    if (outcome.status === 'steered') return outcome.messages;
    // This reader is told when it is stored.
    for (const chunk of lastChunks) this.#outlet.send(chunk);
    return null;
  }

  /** Ends the turn until somebody answers. Messages that came to be taken along have turns of their own. */
  async #wait(progress: TurnProgressReport, calls: readonly PendingCall[]): Promise<null> {
    const { turn } = this.#run;
    const asking = (state: OrchestrationState) => askFor(state, calls);
    const lastChunks = [this.#stateChunk(), this.#finish];
    await Promise.all([turn.end({ ...progress, status: 'waiting', asking, lastChunks }), this.settle()]);
    for (const chunk of lastChunks) this.#outlet.send(chunk);
    return null;
  }

  /** The answer is worth more than its view: one that fails shows no data, and is told. */
  #view(): ClientView {
    const { agent, turn, logger } = this.#run;
    try {
      return toClientView(turn.state, agent.data);
    } catch (error) {
      logger.error({ error: nameOf(error) }, "the view of an agent's data failed");
      return toClientView(turn.state);
    }
  }

  #stateChunk(): UIMessageChunk {
    return { type: statePart, data: this.#view(), transient: true };
  }

  async #say(chunk: UIMessageChunk): Promise<void> {
    this.#spoken.hear(chunk);
    this.#outlet.send(chunk);
    await this.#run.turn.write(chunk);
  }
}

/** How a turn ends that was stopped. A client that sends answers by itself would else send them again. */
export const stoppedChunks = [{ type: 'finish', finishReason: 'interrupted' }, { type: 'abort' }] as const;

/** The guard lets no other errors of tools through than those that are meant to be read. */
function toolErrorText(error: unknown): string {
  const isMeantToBeRead =
    error instanceof ToolRefusal || NoSuchToolError.isInstance(error) || InvalidToolInputError.isInstance(error);
  return isMeantToBeRead ? error.message : 'The tool failed.';
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
