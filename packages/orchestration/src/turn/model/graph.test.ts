import { expect, it } from 'vitest';
import { Graph } from './graph.ts';

it('finds the first state from which no way leads to a goal', () => {
  expect(graphOf([[1, 2], [], [3], [2]], [1]).firstWithoutWay()).toBe(2);
});

it('finds ways that lead back, and none missing where there is none', () => {
  expect(graphOf([[1], [2], [0, 3], []], [3]).firstWithoutWay()).toBeNull();
  expect(graphOf([[], [2], [1, 0]], [0]).firstWithoutWay()).toBeNull();
});

function graphOf(edges: readonly (readonly number[])[], goals: readonly number[]): Graph {
  const graph = new Graph();
  edges.forEach((targets, state) => {
    graph.addState(goals.includes(state));
    targets.forEach((target) => graph.addEdge(target));
  });
  return graph;
}
