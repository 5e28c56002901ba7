import { describe, expect, it } from 'vitest';
import { drawArrows } from './arrow-paths.ts';

const places = ['one', 'two', 'three'].map((name, index) => ({ name, y: index * 100 }));
const arrow = (from: string, to: string) => ({ from, to, because: 'so', isChoice: false });

describe('the arrows between steps', () => {
  it('go straight down to the very next step, and around all else, each in a lane of its own', () => {
    const { paths, width } = drawArrows([arrow('three', 'one'), arrow('one', 'two'), arrow('two', 'one')], places);
    const [straight, short, long] = ['one two', 'two one', 'three one'].map((name) =>
      paths.find(({ from, to }) => `${from} ${to}` === name),
    );
    expect(straight?.path).toBe('M 0 10 V 83');
    const lanes = [short, long].map((path) => Number(/Q (-[\d.]+) /.exec(path?.path ?? '')?.[1]));
    expect(lanes[0]).toBeGreaterThan(lanes[1] ?? 0);
    expect(width).toBeGreaterThan(0);
  });

  it('need no room where all go straight on, and leave out a step that is not there', () => {
    expect(drawArrows([arrow('one', 'two')], places).width).toBe(0);
    expect(drawArrows([arrow('one', 'elsewhere')], places).paths).toEqual([]);
  });
});
