export {
  type ErrorCode,
  isStateroomError,
  refuseUnless,
  StateroomError,
  type StateroomErrorOptions,
} from './errors.ts';
export { assertJson, type JsonValue, toJson } from './json.ts';
export { type Logger, silentLogger } from './logger.ts';
export type { Access } from './session/guard.ts';
export { createId, validateId } from './session/id.ts';
export type { SessionEvent, SessionListener } from './session/events.ts';
export {
  type ClientView,
  type SessionFailure,
  type SessionInfo,
  type SessionList,
  type SessionResult,
  type SessionSuccess,
  unwrap,
  unwrapOrNull,
} from './session/result.ts';
export type {
  CreateSessionOptions,
  EraseReport,
  FailedSession,
  GetSessionOptions,
  InitialStateContext,
  ListChanges,
  ListSessionsOptions,
  OwnerExport,
  SaveReport,
  SessionContent,
  SessionDeletion,
  SessionHandle,
  SessionManagerOptions,
  SessionPage,
  SessionStats,
  StatsOptions,
  SweepOptions,
  SweepReport,
  UpdateSessionOptions,
  WatchOptions,
} from './session/options.ts';
export type { NewSessionOptions } from './session/session-creator.ts';
export { SessionManager } from './session/session-manager.ts';
export type { OpenSession, SentCommit, SessionNext, SessionParts, SessionWriting } from './session/session-parts.ts';
export type { Aside, PartKeys, SessionAttachment } from './session/stored/attachment.ts';
export type { StateCodecOptions } from './session/stored/state-codec.ts';
export type { ListItems, ListLengths, ListRanges } from './session/stored/stored-session.ts';
export type { TtlOptions, TtlPolicy } from './session/ttl.ts';
export { type CopyOptions, type CopyReport, copyStorage } from './storage/copy.ts';
export { type EncryptedOptions, encrypted, type EncryptionKey } from './storage/encrypted.ts';
export { type KeyValueStore, keyValueStorage } from './storage/key-value.ts';
export { observed, type ObservedOptions, type StorageCommand } from './storage/observed.ts';
export type {
  Change,
  Check,
  Commit,
  ListRange,
  ListWindow,
  Reads,
  Refusal,
  ScannedKey,
  ScanPage,
  Snapshot,
  StorageEntry,
  StorageProvider,
  Transaction,
  Ttl,
} from './storage/provider.ts';
export { resolveExpiry, resolveRange, wrongKind } from './storage/provider-helpers.ts';
export { maxKeyBytes, maxTtlMs, validateReads, validateScan, validateTransaction } from './storage/validate.ts';
