import {
  afterTool,
  answersTo,
  type BeginOptions,
  type OrchestrationState,
  type PendingAnswer,
  takeAnswers,
  type TurnRecord,
  type Workflow,
} from '@stateroom/orchestration';
import { asSchema, getToolName, isToolUIPart, type ToolSet, type UIMessage } from 'ai';
import { RequestError } from '../http/error-response.ts';
import { keepable } from '../run/guard-tools.ts';
import { inputDigest } from '../run/input-digest.ts';
import { toldOf } from '../transcript/told-answers.ts';
import type { ToolAnswer } from '../transcript/tool-answer.ts';
import {
  callOf,
  fromTranscript,
  hasResult,
  isStorable,
  type ToolPart,
  toTranscript,
} from '../transcript/transcript.ts';

/** What a turn waits for: its calls without a result, in the message in which it asks. */
export type Question = { readonly turnId: string; readonly messageId: string; readonly calls: readonly ToolPart[] };

/** Answers as a message that the server has written: the question's calls, each with what was said to it. */
export type Answered = { readonly question: Question; readonly message: UIMessage };

/** The last question that one of these answers may be meant for, whether or not it is still open. Else NOT_PENDING. */
export async function findQuestion(
  past: readonly TurnRecord[],
  items: readonly unknown[],
  answers: readonly ToolAnswer[],
): Promise<Question> {
  for (const { turnId, status, messages } of past.toReversed()) {
    if (status !== 'waiting') continue;
    const said = await fromTranscript(items.slice(messages.from, messages.to), () => true);
    const last = said.at(-1);
    const calls = (last?.parts ?? []).filter((part) => isToolUIPart(part)).filter((part) => !hasResult(part));
    const isMeant = calls.some((call) => answers.some((answer) => isAnswerTo(call, answer)));
    if (last !== undefined && isMeant) return { turnId, messageId: last.id, calls };
  }
  throw new RequestError('NOT_PENDING', 'there is no such question in the session; nothing has run');
}

/**
 * The question with its answers. An approval that is meant for none of its calls is NOT_PENDING; what a client sends as
 * the output of another call is history, and not believed. INVALID for an output that the tool's own schema refuses, or
 * an answer to other input than was asked about.
 */
export async function answeredBy(
  question: Question,
  answers: readonly ToolAnswer[],
  tools: ToolSet,
): Promise<Answered & { readonly given: readonly PendingAnswer[] }> {
  const given: PendingAnswer[] = [];
  const parts: UIMessage['parts'] = [];
  for (const [index, answer] of answers.entries()) {
    const path = `answers[${index}]`;
    const call = question.calls.find((part) => isAnswerTo(part, answer));
    if (call === undefined && 'approved' in answer)
      throw new RequestError('NOT_PENDING', `${path} answers no open question; nothing has run`, { path });
    if (call === undefined) continue;
    await assertShown(call, answer, path);
    const part = await answeredPart(call, { answer, path, tools });
    if (!(await isStorable({ id: question.messageId, role: 'assistant', parts: [part] })))
      throw new RequestError('INVALID', `${path} is not JSON that can be kept`, { path });
    const kind = 'approved' in answer ? ('approval' as const) : ('output' as const);
    given.push({ toolCallId: call.toolCallId, kind, inputDigest: await inputDigest(call.input) });
    parts.push(part);
  }
  return { question, given, message: { id: question.messageId, role: 'assistant', parts } };
}

/** What begins the turn that goes on with the answers: nothing runs before its begin has taken the question. */
export async function goingOn(
  { question, message }: Answered,
  given: readonly PendingAnswer[],
  workflow: Workflow | null = null,
): Promise<Pick<BeginOptions<OrchestrationState>, 'messageId' | 'input' | 'answering' | 'overlap'>> {
  const { turnId } = question;
  const calls = toldOf(message).flatMap(({ call }) => (call === null ? [] : [call]));
  // What a client has carried out is a call as any other, and counts whatever becomes of the turn.
  const change = (state: OrchestrationState) =>
    calls.reduce(
      (counted, call) => afterTool(workflow, counted, call),
      takeAnswers(state, { turnId, answers: given, now: Date.now() }),
    );
  return {
    messageId: answersTo(turnId),
    input: await toTranscript([message], () => true),
    answering: { turnId, change },
    // Whatever runs has come after the question, unless it is the very same answer.
    overlap: 'reject',
  };
}

function isAnswerTo(part: ToolPart, answer: ToolAnswer): boolean {
  if ('approvalId' in answer) return part.approval?.id === answer.approvalId;
  return part.toolCallId === answer.toolCallId;
}

async function assertShown(call: ToolPart, answer: ToolAnswer, path: string): Promise<void> {
  if (answer.input === undefined) return;
  const wanted = await inputDigest(call.input);
  // An input so deep that it cannot be read is none that was asked about.
  const isSame = await inputDigest(answer.input).then(
    (digest) => digest === wanted,
    () => false,
  );
  if (isSame) return;
  const message = `${path} is about another input than the one that was asked about; nothing has run`;
  throw new RequestError('INVALID', message, { path: `${path}.input` });
}

const maxErrorCharacters = 10_000;

type Given = { readonly answer: ToolAnswer; readonly path: string; readonly tools: ToolSet };

async function answeredPart(call: ToolPart, { answer, path, tools }: Given): Promise<ToolPart> {
  const base = callOf(call);
  if ('approved' in answer) {
    const { approvalId: id, approved, reason } = answer;
    const approval = { ...call.approval, id, approved, ...(reason !== undefined && { reason }) };
    return { ...base, state: 'approval-responded', approval };
  }
  if ('errorText' in answer && answer.errorText.length > maxErrorCharacters)
    throw new RequestError('TOO_LARGE', `${path}.errorText is longer than ${maxErrorCharacters} characters`, { path });
  if ('errorText' in answer) return { ...base, state: 'output-error', errorText: answer.errorText };
  const output = await outputOf(getToolName(call), { output: answer.output, path: `${path}.output`, tools });
  return { ...base, state: 'output-available', output };
}

/** As the tool's own schema has it, if it has one. */
async function outputOf(
  toolName: string,
  { output, path, tools }: { readonly output: unknown; readonly path: string; readonly tools: ToolSet },
): Promise<unknown> {
  const { outputSchema } = (Object.hasOwn(tools, toolName) ? tools[toolName] : undefined) ?? {};
  const checked = outputSchema && (await asSchema(outputSchema).validate?.(output));
  if (checked?.success === false)
    throw new RequestError('INVALID', `${path} does not fit the outputSchema of "${toolName}"`, { path });
  try {
    return keepable(toolName, checked?.success === true ? checked.value : output);
  } catch {
    throw new RequestError('INVALID', `${path} is too long, or no JSON that can be kept`, { path });
  }
}
