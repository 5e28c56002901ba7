import { type Event, eventsIn } from './events.ts';
import type { Simulation } from './simulation.ts';
import type { Pending } from './pending.ts';
import type { World } from './world.ts';

/** The events of a path in words, one a line; each step of the path is the index of the event that happens. */
export function retold(simulation: Simulation, path: readonly number[]): readonly string[] {
  const lines: string[] = [];
  let world = simulation.first();
  for (const index of path) {
    const event = eventsIn(world)[index];
    if (event === undefined) throw new Error(`there is no event ${index} after ${lines.join(', ')}`);
    const line = inWords(world, event);
    try {
      const next = simulation.after(world, event);
      simulation.assertSound(next);
      lines.push(`${line}${outcome(world, next, event)}`);
      world = next;
    } catch {
      // The violation that the path leads to.
      lines.push(line);
    }
  }
  return lines;
}

function inWords({ callers, lateCopies }: World, { type, who }: Event): string {
  if (type === 'tick' || type === 'expire') return type;
  if (type === 'late copy') {
    const copy = lateCopies[who];
    return `${type} of P${copy?.caller}: ${copy === undefined ? '' : commitInWords(copy.pending)}`;
  }
  const caller = callers[who];
  const doing = caller?.doing ?? null;
  return `${type} P${caller?.id}: ${doing === null ? '' : commitInWords(doing.pending)}`;
}

function commitInWords({ note }: Pending): string {
  const words: string[] = [note.act];
  if ('turn' in note) words.push(note.turn);
  if ('status' in note) words.push(note.status);
  if ('closes' in note && note.closes !== null) words.push(`closes ${note.closes.turn} as ${note.closes.status}`);
  return words.join(' ');
}

function outcome(before: World, after: World, { type, who }: Event): string {
  if (type !== 'deliver' && type !== 'copy') return '';
  const caller = after.callers[who];
  const isDone = caller?.doing === null || caller?.call !== before.callers[who]?.call;
  return isDone ? ` → ${caller?.result}` : '';
}
