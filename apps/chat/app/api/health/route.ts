import { createHealthRoute } from '@stateroom/ai-sdk';
import { getServices } from '../../../lib/services.ts';

/** For whoever looks after the server: 200 while the storage answers, 503 while it does not. */
export const { GET } = createHealthRoute(getServices);
