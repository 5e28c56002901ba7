const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });
const dates = new Intl.DateTimeFormat('en', { dateStyle: 'medium' });

/** How long ago a time was, in words: “3 min. ago”, “yesterday”; after a week the day itself. */
export function relativeTime(time: number, now: number): string {
  const agoMs = Math.max(0, now - time);
  if (agoMs < minuteMs) return 'just now';
  if (agoMs < hourMs) return words.format(-Math.floor(agoMs / minuteMs), 'minute');
  if (agoMs < dayMs) return words.format(-Math.floor(agoMs / hourMs), 'hour');
  if (agoMs < 7 * dayMs) return words.format(-Math.floor(agoMs / dayMs), 'day');
  return dates.format(time);
}

/** How long something lasts, in its two greatest units: “13 days, 4 hours”, “59 seconds”. */
export function span(ms: number): string {
  const parts = [
    count(Math.floor(ms / dayMs), 'day'),
    count(Math.floor((ms % dayMs) / hourMs), 'hour'),
    count(Math.floor((ms % hourMs) / minuteMs), 'minute'),
    count(Math.floor((ms % minuteMs) / 1000), 'second'),
  ];
  const first = parts.findIndex((part) => part !== null);
  if (first < 0) return 'no time';
  return parts
    .slice(first, first + 2)
    .filter((part) => part !== null)
    .join(', ');
}

/** How long something took: “0.8 s”, “12 s”, “3 min”. */
export function duration(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return ms < 2 * minuteMs ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / minuteMs)} min`;
}

function count(amount: number, unit: string): string | null {
  if (amount === 0) return null;
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`;
}
