import { describe, expect, it } from 'vitest';
import { duration, relativeTime, span } from './relative-time.ts';

const now = Date.UTC(2026, 5, 20, 12);
const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];

describe('times in words', () => {
  it.each([
    [-5 * second, 'just now'],
    [59 * second, 'just now'],
    [3 * minute, '3 min. ago'],
    [23 * hour, '23 hr. ago'],
    [day, 'yesterday'],
    [10 * day, 'Jun 10, 2026'],
  ])('are told by how long ago they were: %s ms', (agoMs, words) => {
    expect(relativeTime(now - agoMs, now)).toBe(words);
  });

  it.each([
    [0, 'no time'],
    [59 * second, '59 seconds'],
    [hour, '1 hour'],
    [hour + minute + second, '1 hour, 1 minute'],
    [13 * day + 4 * hour + 5 * minute, '13 days, 4 hours'],
    [day + 5 * minute, '1 day'],
  ])('are counted in their two greatest units: %s ms', (ms, words) => {
    expect(span(ms)).toBe(words);
  });

  it.each([
    [840, '0.8 s'],
    [12_400, '12 s'],
    [200_000, '3 min'],
  ])('that something took: %s ms', (ms, words) => {
    expect(duration(ms)).toBe(words);
  });
});
