import { createHealthRoute } from '@stateroom/ai-sdk';
import { getServices } from '../../../lib/services.ts';

/** Whether the storage answers, for whoever keeps an eye on the app. */
export const { GET } = createHealthRoute(getServices);
