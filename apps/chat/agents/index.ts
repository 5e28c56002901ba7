import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { StorageProvider } from '@stateroom/core';
import type { AgentProfile } from './agent-profile.ts';
import { docsLibrary } from './docs-library.ts';
import { gameMaster } from './game.ts';
import { researchDesk } from './research.ts';
import { supportDesk } from './support.ts';
import { TicketBook } from './ticket-book.ts';

export type { AgentCard, AgentProfile, StepCard } from './agent-profile.ts';

export type AgentsOptions = {
  readonly model: LanguageModelV4;
  /** The folder of markdown pages that the research desk reads. */
  readonly docsFolder: string;
  /** Where the support desk keeps its tickets. */
  readonly storage: StorageProvider;
};

/** Every agent of the app, in the order in which the pages list them. */
export function createAgents({ model, docsFolder, storage }: AgentsOptions): readonly AgentProfile[] {
  return [researchDesk(model, docsLibrary(docsFolder)), supportDesk(model, new TicketBook(storage)), gameMaster(model)];
}
