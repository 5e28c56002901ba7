import type { WorkflowArrow } from '@stateroom/orchestration';

/** The middle of a step's porthole, measured from the top of the drawing, in pixels. */
export type StepPlace = { readonly name: string; readonly y: number };

type ArrowPath = WorkflowArrow & {
  readonly path: string;
  /** The points of its head. */
  readonly head: string;
};

export type DrawnArrows = {
  readonly paths: readonly ArrowPath[];
  /** How far the widest of them reaches to the left of the portholes, in pixels. */
  readonly width: number;
};

const portholeRadius = 10;
const sideStep = 4;
const laneWidth = 9;
const firstLane = 13;
const corner = 7;
const headLength = 6;
const headHalfWidth = 3.2;

/**
 * The arrows of a workflow whose steps stand one below the other at x = 0: straight down to the very next step, else
 * around those between, to the left, the short ones inside of the long ones.
 */
export function drawArrows(arrows: readonly WorkflowArrow[], places: readonly StepPlace[]): DrawnArrows {
  const known = arrows.flatMap((arrow) => {
    const from = places.findIndex(({ name }) => name === arrow.from);
    const to = places.findIndex(({ name }) => name === arrow.to);
    return from < 0 || to < 0 || from === to ? [] : [{ arrow, from, to }];
  });
  const byReach = known.toSorted((one, other) => Math.abs(one.to - one.from) - Math.abs(other.to - other.from));
  const around = byReach.filter(({ from, to }) => to !== from + 1);
  const paths = byReach.map(({ arrow, from, to }) => {
    const [start, end] = [places[from]?.y ?? 0, places[to]?.y ?? 0];
    const lane = around.findIndex((each) => each.arrow === arrow);
    return { ...arrow, ...(lane < 0 ? straight(start, end) : bent(start, end, firstLane + lane * laneWidth)) };
  });
  return { paths, width: around.length === 0 ? 0 : firstLane + (around.length - 1) * laneWidth + 2 };
}

function straight(start: number, end: number): Pick<ArrowPath, 'path' | 'head'> {
  const tip = end - portholeRadius - 1;
  return {
    path: `M 0 ${start + portholeRadius} V ${tip - headLength}`,
    head: `0,${tip} ${-headHalfWidth},${tip - headLength} ${headHalfWidth},${tip - headLength}`,
  };
}

/** It leaves below the middle of its step and comes in above that of the other, so that a way there and back are two. */
function bent(start: number, end: number, left: number): Pick<ArrowPath, 'path' | 'head'> {
  const down = end > start ? 1 : -1;
  const [from, to] = [start + sideStep, end - sideStep];
  const x = -(portholeRadius + left - firstLane + corner);
  const edge = -portholeRadius;
  return {
    path: [
      `M ${edge} ${from}`,
      `H ${x + corner}`,
      `Q ${x} ${from} ${x} ${from + corner * down}`,
      `V ${to - corner * down}`,
      `Q ${x} ${to} ${x + corner} ${to}`,
      `H ${edge - headLength}`,
    ].join(' '),
    head: `${edge - 1},${to} ${edge - headLength - 1},${to - headHalfWidth} ${edge - headLength - 1},${to + headHalfWidth}`,
  };
}
