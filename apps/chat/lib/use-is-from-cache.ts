'use client';

import { useEffect, useState } from 'react';

const drawn = new Set<string>();

/**
 * Whether the router gave back props that were drawn before: going back and forward it asks the server nothing, and
 * what it kept is as old as the page's first visit. `renderId` is a new one for each rendering on the server.
 */
export function useIsFromCache(renderId: string): boolean {
  const [isFromCache] = useState(() => drawn.has(renderId));
  useEffect(() => {
    drawn.add(renderId);
  }, [renderId]);
  return isFromCache;
}
