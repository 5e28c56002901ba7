import { StateroomError } from '../errors.ts';
import type { Change, Check, Reads, Transaction, Ttl } from './provider.ts';

/**
 * What every provider refuses before it looks at its data, so that all refuse the same: call it first in each method.
 * All of these throw StateroomError INVALID with the path of what is wrong.
 */

/** Keys of a session come to at most about 1,000 bytes; longer ones are a mistake on every engine. */
export const maxKeyBytes = 1024;

/** A hundred years. What is to live longer lives for ever, which is null. */
export const maxTtlMs = 100 * 365.25 * 24 * 60 * 60 * 1000;

const changeTypes: readonly string[] = ['set', 'append', 'truncate', 'touch', 'delete'];
const versionPattern = /^[A-Za-z0-9._-]{1,64}$/;
const utf8 = new TextEncoder();

export function validateTransaction(transaction: Transaction): void {
  transaction.checks.forEach((check, index) => validateCheck(check, `checks[${index}]`));
  transaction.changes.forEach((change, index) => validateChange(change, `changes[${index}]`));
  validateReads(transaction.reads ?? {});
  refuseUnrepeatable(transaction);
}

export function validateReads(reads: Reads): void {
  reads.entries?.forEach((key, index) => validateKey(key, `entries[${index}]`));
  reads.lists?.forEach((range, index) => {
    validateKey(range.key, `lists[${index}].key`);
    validateInteger(range.start ?? 0, `lists[${index}].start`);
    validateInteger(range.end ?? 0, `lists[${index}].end`);
  });
}

export function validateScan(prefix: string, limit: number): void {
  validateKey(prefix, 'prefix');
  validateInteger(limit, 'limit', 1);
}

function validateCheck(check: Check, path: string): void {
  validateKey(check.key, `${path}.key`);
  if ('length' in check) return validateInteger(check.length, `${path}.length`, 0);
  if (check.version !== null) validateVersion(check.version, `${path}.version`);
}

function validateChange(change: Change, path: string): void {
  validateKey(change.key, `${path}.key`);
  if (!changeTypes.includes(change.type)) throw invalid(`${path}.type`, `is none of ${changeTypes.join(', ')}`);
  if (change.type === 'delete') return;
  if (change.type === 'truncate') return validateInteger(change.length, `${path}.length`, 0);
  validateTtl(change, `${path}.ttlMs`);
  if (change.type === 'set') {
    validateText(change.value, `${path}.value`);
    validateVersion(change.version, `${path}.version`);
  }
  if (change.type === 'append') {
    if (change.items.length === 0) throw invalid(`${path}.items`, 'holds nothing to append');
    change.items.forEach((item, index) => validateText(item, `${path}.items[${index}]`));
  }
}

function validateTtl({ type, ttlMs }: Change & { readonly ttlMs: Ttl }, path: string): void {
  if (ttlMs === null || (ttlMs === 'keep' && type !== 'touch')) return;
  if (typeof ttlMs !== 'number') throw invalid(path, 'is not a number of milliseconds, or null for ever');
  validateInteger(ttlMs, path, 1);
  if (ttlMs > maxTtlMs) throw invalid(path, 'is more than a hundred years; give null for ever');
}

function refuseUnrepeatable({ checks, changes }: Transaction): void {
  if (!changes.some(({ type }) => type !== 'touch' && type !== 'append')) return;
  const ofKey = Map.groupBy(changes, ({ key }) => key);
  if (!checks.some((check) => isUndoneBy(check, ofKey.get(check.key) ?? []))) {
    throw invalid('checks', 'must name a key that the changes move on, or the commit could be applied twice');
  }
}

/** Whether the check no longer holds once the changes were applied. */
function isUndoneBy(check: Check, changesOfKey: readonly Change[]): boolean {
  const own = changesOfKey.filter(({ type }) => type !== 'touch');
  if ('length' in check) return own.reduce(lengthAfter, check.length) !== check.length;
  const last = own.at(-1);
  if (last?.type === 'set') return last.version !== check.version;
  return last?.type === 'delete' && check.version !== null;
}

function lengthAfter(length: number, change: Change): number {
  if (change.type === 'append') return length + change.items.length;
  if (change.type === 'truncate') return Math.min(length, change.length);
  return change.type === 'delete' ? 0 : length;
}

function validateKey(key: string, path: string): void {
  validateText(key, path);
  // A UTF-16 unit is three bytes at most.
  const mayBeTooLong = key.length * 3 > maxKeyBytes;
  if (mayBeTooLong && (key.length > maxKeyBytes || utf8.encode(key).length > maxKeyBytes)) {
    throw invalid(path, `is longer than ${maxKeyBytes} bytes`);
  }
}

function validateText(text: string, path: string): void {
  if (typeof text !== 'string') throw invalid(path, 'is not a string');
  if (!text.isWellFormed()) throw invalid(path, 'holds half a surrogate pair, which no engine would keep');
}

function validateVersion(version: string, path: string): void {
  if (typeof version !== 'string' || !versionPattern.test(version))
    throw invalid(path, 'is not 1–64 of A–Z a–z 0–9 . _ -');
}

function validateInteger(value: number, path: string, least = -Number.MAX_SAFE_INTEGER): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw invalid(path, least < 0 ? 'is not an integer' : `is not an integer of at least ${least}`);
  }
}

function invalid(path: string, fault: string): StateroomError {
  return new StateroomError('INVALID', `${path} ${fault}`, { path });
}
