import { describe, expect, it } from 'vitest';
import { contentSecurityPolicy } from './content-security-policy.ts';

describe('the policy of a page', () => {
  it('lets no script run by its place alone, and evaluates text while the app is developed alone', () => {
    const served = contentSecurityPolicy('abc', { isDevelopment: false });
    const [scripts] = served.split('; ').filter((rule) => rule.startsWith('script-src'));
    expect(scripts).toBe("script-src 'self' 'nonce-abc' 'strict-dynamic'");
    expect(contentSecurityPolicy('abc', { isDevelopment: true })).toContain("'unsafe-eval'");
  });
});
