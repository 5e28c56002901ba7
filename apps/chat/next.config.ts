import { resolve } from 'node:path';
import type { NextConfig } from 'next';

const config: NextConfig = {
  turbopack: { root: resolve(import.meta.dirname, '../..') },
  typescript: { tsconfigPath: 'tsconfig.build.json' },
  poweredByHeader: false,
  devIndicators: false,
};

export default config;
