import { describe, expect, it } from 'vitest';
import { sequenceProgress } from './sequence-progress.ts';

const step = { tools: ['outline', 'write', 'read'], sequence: ['outline', 'write'] };

describe('sequenceProgress', () => {
  it.each<[string, readonly string[], number]>([
    ['nothing was called', [], 0],
    ['the step was entered by a tool that it allows too', ['search', 'read'], 0],
    ['the first is done', ['search', 'read', 'outline'], 1],
    ['all are done', ['search', 'outline', 'write', 'read'], 2],
    ['the step was left and entered again', ['outline', 'write', 'search', 'outline'], 1],
  ])('counts the tools that are done when %s', (_, succeeded, done) => {
    expect(sequenceProgress(step, succeeded)).toBe(done);
  });
});
