import { resolve } from 'node:path';
import type { NextConfig } from 'next';

/** The Content-Security-Policy has another nonce for each page, and comes with the page: see proxy.ts. */
const securityHeaders = [
  { key: 'x-content-type-options', value: 'nosniff' },
  { key: 'x-frame-options', value: 'DENY' },
  { key: 'referrer-policy', value: 'same-origin' },
  { key: 'cross-origin-opener-policy', value: 'same-origin' },
  { key: 'permissions-policy', value: 'camera=(), microphone=(), geolocation=(), payment=(), usb=()' },
];

const config: NextConfig = {
  headers: async () => [{ source: '/:path*', headers: securityHeaders }],
  // Some browsers ask for it by itself, whatever the page says.
  rewrites: async () => [{ source: '/favicon.ico', destination: '/icon.svg' }],
  turbopack: { root: resolve(import.meta.dirname, '../..') },
  typescript: { tsconfigPath: 'tsconfig.build.json' },
  poweredByHeader: false,
  devIndicators: false,
};

export default config;
