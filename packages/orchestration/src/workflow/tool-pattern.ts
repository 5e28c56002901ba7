import { z } from 'zod';

export const ToolName = z
  .string()
  .min(1)
  .regex(/^[^*]*$/, 'is the name of one tool, not a pattern');

/** The name of a tool, or a pattern in which `*` stands for any characters: `read_*`. */
const ToolPattern = z.string().min(1);

/** Allow minus deny. No `allow` is every tool, `allow: []` is none. */
export const ToolLists = z.strictObject({
  allow: z.array(ToolPattern).optional(),
  deny: z.array(ToolPattern).optional(),
});
export type ToolLists = z.infer<typeof ToolLists>;

/** Whether the step's own lists let the tool through, whatever its sequence says. */
export function permits({ tools }: { readonly tools: ToolLists }, tool: string): boolean {
  return isAllowed(tools, tool) && !isDenied(tools, tool);
}

export function isAllowed({ allow }: ToolLists, tool: string): boolean {
  return allow === undefined || allow.some((pattern) => matches(pattern, tool));
}

export function isDenied({ deny = [] }: ToolLists, tool: string): boolean {
  return deny.some((pattern) => matches(pattern, tool));
}

function matches(pattern: string, tool: string): boolean {
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop();
  if (tail === undefined) return pattern === tool;
  if (!tool.startsWith(head) || !tool.endsWith(tail) || tool.length < head.length + tail.length) return false;
  const middle = tool.slice(head.length, tool.length - tail.length);
  let from = 0;
  return rest.every((part) => {
    const at = middle.indexOf(part, from);
    from = at + part.length;
    return at >= 0;
  });
}
