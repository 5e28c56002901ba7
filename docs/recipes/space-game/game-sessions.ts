import {
  createId,
  refuseUnless,
  type SaveReport,
  SessionManager,
  type SessionManagerOptions,
  type SessionSuccess,
  type SweepReport,
  unwrap,
  unwrapOrNull,
} from '@stateroom/core';
import { type Action, parseAction } from './actions.ts';
import { newGame, type StartingStats } from './game.ts';
import { type GameView, toGameView } from './game-view.ts';
import { play } from './play.ts';
import { fromSaved, parseOldSave, toSaved } from './save-format.ts';
import type { SaveFolder } from './save-folder.ts';
import { deleteSlot, GameSession, importSlot, loadSlot, saveSlot, type SlotInfo, slotInfo, slotOf } from './slots.ts';

/** Who plays. Another's session is, in each answer, one that is not there. */
export type Player = { readonly owner: string };

type Session = SessionSuccess<GameSession, never, GameView>;

export type GameSessionsOptions = Pick<
  SessionManagerOptions<GameSession, never, GameView>,
  'storage' | 'whenFull' | 'ttl' | 'clock' | 'logger'
> & {
  readonly folder: SaveFolder;
  /** 100 by default, where the storage is this process's own; elsewhere nobody can count. */
  readonly maxSessions?: number;
  /** How many slots a session has, the auto slot among them: 5 by default. */
  readonly saveSlots?: number;
  readonly starting?: StartingStats;
};

/** The stats of the server as they are shown to operators. */
export type GameStats = {
  readonly active_sessions: number;
  readonly total_players: number;
  readonly sessions: Readonly<
    Record<string, { turn_count: number; wealth: number; game_over: boolean; victory: boolean }>
  >;
};

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/**
 * The games of many players. Each action is one update of one session: all of it, or nothing. A game that nobody has
 * touched for an hour ends, as does the idlest where a new one needs its place, and both are saved before they go.
 * Absent is null to what asks, and NOT_FOUND to what changes; what the game does not allow is thrown as StateroomError.
 */
export class GameSessions implements AsyncDisposable {
  readonly #sessions: SessionManager<GameSession, never, GameView>;
  readonly #folder: SaveFolder;
  readonly #begin: () => GameSession;
  readonly #clock: () => number;

  constructor({ folder, saveSlots = 5, starting, maxSessions, ...options }: GameSessionsOptions) {
    refuseUnless(Number.isInteger(saveSlots) && saveSlots >= 2, 'saveSlots', 'is no whole number from 2');
    const { storage, clock = Date.now } = options;
    const most = maxSessions ?? (storage.scope === 'process' ? 100 : undefined);
    this.#folder = folder;
    this.#clock = clock;
    this.#begin = () => ({
      game: newGame(createId(), starting),
      slots: Array.from({ length: saveSlots }, () => null),
    });
    this.#sessions = new SessionManager({
      ...options,
      namespace: 'space-game',
      schema: GameSession,
      initialState: this.#begin,
      // A day is left to save what has expired, should the saves fail for a while.
      ttl: { idleMs: hourMs, slideOn: 'read', graceMs: 24 * hourMs, ...options.ttl },
      clientView: toGameView,
      maxStateBytes: 256 * 1024,
      ...(most !== undefined && { maxSessions: most, onEvict: (session) => this.#save(session) }),
    });
  }

  /** The session of this id, or a new one. `forceNew` saves the game that is played, and begins another; slots stay. */
  async createSession(
    sessionId: string,
    player: Player,
    { forceNew = false }: { readonly forceNew?: boolean } = {},
  ): Promise<Session> {
    const session = await this.#make(sessionId, player);
    if (!forceNew || session.created === true) return session;
    return this.#update(sessionId, player, async (seen) => {
      // Of what it is about to replace: if that has changed by then, this runs again.
      await this.#folder.write(toSaved(seen, { ...session, savedAt: this.#clock() }));
      return { ...this.#begin(), slots: seen.slots };
    });
  }

  /** Null where nobody plays it now. Asking is activity. */
  async getSession(sessionId: string, player: Player): Promise<Session | null> {
    return unwrapOrNull(await this.#sessions.getSession(sessionId, player));
  }

  /** The session as it is played, or else as it was saved last; null where there is neither. */
  async loadSession(sessionId: string, player: Player): Promise<Session | null> {
    const played = await this.getSession(sessionId, player);
    if (played !== null) return played;
    // What waits for its sweep is newer than the file.
    await this.sweep();
    const saved = await this.#folder.read(sessionId);
    return saved?.owner === player.owner ? this.#make(sessionId, player, fromSaved(saved)) : null;
  }

  /** Ends it without a save. Whether there was one. */
  async removeSession(sessionId: string, player: Player): Promise<boolean> {
    return unwrap(await this.#sessions.deleteSession(sessionId, player)).data;
  }

  /** Plays an action, as it came over the wire. What is refused, or fails, has changed nothing. */
  async act(sessionId: string, input: unknown, player: Player): Promise<GameView> {
    const action: Action = parseAction(input);
    return (await this.#update(sessionId, player, (seen) => play(seen, action, this.#clock()))).view;
  }

  async saveSlot(sessionId: string, slot: number, player: Player): Promise<SlotInfo | null> {
    const saved = await this.#update(sessionId, player, (seen) => saveSlot(seen, slot, this.#clock()));
    return slotInfo(saved.data, slot);
  }

  async loadSlot(sessionId: string, slot: number, player: Player): Promise<GameView> {
    return (await this.#update(sessionId, player, (seen) => loadSlot(seen, slot))).view;
  }

  async deleteSlot(sessionId: string, slot: number, player: Player): Promise<void> {
    await this.#update(sessionId, player, (seen) => deleteSlot(seen, slot));
  }

  /** Puts an old save of this id into slot 1 of the player's session, and the file aside. False where there is none. */
  async migrateOldSave(sessionId: string, player: Player): Promise<boolean> {
    const text = await this.#folder.readOld(sessionId);
    if (text === null) return false;
    const slot = slotOf(parseOldSave(text, createId()), this.#clock());
    await this.#make(sessionId, player);
    await this.#update(sessionId, player, (seen) => importSlot(seen, 1, slot));
    await this.#folder.putAside(sessionId);
    return true;
  }

  /** Each session that is played into its file. One that fails stops no other, and is told. */
  async saveAll(): Promise<SaveReport> {
    return this.#sessions.saveAll((session) => this.#save(session));
  }

  /** Saves those that have been idle for an hour, and lets them go; what could not be saved stays for the next sweep. */
  async sweep(): Promise<SweepReport> {
    return this.#sessions.sweep({ onExpire: (session) => this.#save(session) });
  }

  /** Sweeps every five minutes, until `close`. Keeps no process from ending. */
  start(everyMs = 5 * minuteMs): void {
    this.#sessions.sweepEvery(everyMs, { onExpire: (session) => this.#save(session) });
  }

  async stats(): Promise<GameStats> {
    const { sessions, summaries } = await this.#sessions.stats({
      summary: ({ game: { turn_count, game_over, victory, player_stats } }, { owner, sessionId }) => ({
        player: owner ?? sessionId,
        shown: { turn_count, wealth: player_stats.wealth, game_over, victory },
      }),
    });
    return {
      active_sessions: sessions,
      total_players: new Set(summaries.map(({ summary }) => summary.player)).size,
      sessions: Object.fromEntries(summaries.map(({ sessionId, summary }) => [sessionId, summary.shown])),
    };
  }

  /** The game as it is, and again after each change, for any number of viewers of the same player. */
  watch(sessionId: string, player: Player, signal?: AbortSignal): AsyncGenerator<Session, void, undefined> {
    return this.#sessions.watch(sessionId, { ...player, ...(signal && { signal }) });
  }

  /** Ends sweeps and watches. The storage is whoever's made it. */
  async close(): Promise<void> {
    await this.#sessions.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #make(sessionId: string, player: Player, state?: GameSession): Promise<Session> {
    const options = { ...player, sessionId, ifExists: 'return', ...(state && { content: { state } }) } as const;
    const made = await this.#sessions.createSession(options);
    if (made.success || made.error.code !== 'EXISTS') return unwrap(made);
    // One that has expired has its id until it is swept; another player's keeps it.
    await this.sweep();
    return unwrap(await this.#sessions.createSession(options));
  }

  async #update(
    sessionId: string,
    player: Player,
    change: (session: GameSession) => GameSession | Promise<GameSession>,
  ): Promise<Session> {
    return unwrap(await this.#sessions.updateSession(sessionId, change, player));
  }

  async #save(session: Session): Promise<void> {
    await this.#folder.write(toSaved(session.data, { ...session, savedAt: this.#clock() }));
  }
}
