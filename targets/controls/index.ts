import type { Control } from './define-control.ts';

/** All controls by name; each is loaded when it is asked for. */
export const controls: Readonly<Record<string, () => Promise<Control>>> = {
  'off-by-one-after-reconnect': async () =>
    (await import('./off-by-one-after-reconnect.ts')).default,
  'off-by-one-after-timeout': async () => (await import('./off-by-one-after-timeout.ts')).default,
  'crossed-pair': async () => (await import('./crossed-pair.ts')).default,
  'dirty-connection-back-to-pool': async () =>
    (await import('./dirty-connection-back-to-pool.ts')).default,
  'cancelled-read-left-in-queue': async () =>
    (await import('./cancelled-read-left-in-queue.ts')).default,
  'single-flight-without-user': async () =>
    (await import('./single-flight-without-user.ts')).default,
  'key-truncated-at-250-bytes': async () =>
    (await import('./key-truncated-at-250-bytes.ts')).default,
  'key-hashed-to-32-bits': async () => (await import('./key-hashed-to-32-bits.ts')).default,
  'prefix-dropped': async () => (await import('./prefix-dropped.ts')).default,
  'database-index-lost-on-reconnect': async () =>
    (await import('./database-index-lost-on-reconnect.ts')).default,
  'shared-buffer-reused': async () => (await import('./shared-buffer-reused.ts')).default,
  'mutable-object-shared': async () => (await import('./mutable-object-shared.ts')).default,
  'error-taken-for-a-value': async () => (await import('./error-taken-for-a-value.ts')).default,
  'write-crossed': async () => (await import('./write-crossed.ts')).default,
  'batch-loader-wrong-order': async () => (await import('./batch-loader-wrong-order.ts')).default,
  'http-cache-without-vary': async () => (await import('./http-cache-without-vary.ts')).default,
  'set-cookie-stored': async () => (await import('./set-cookie-stored.ts')).default,
  'ttl-in-the-wrong-unit': async () => (await import('./ttl-in-the-wrong-unit.ts')).default,
  'negative-cache-shared': async () => (await import('./negative-cache-shared.ts')).default,
  'multi-get-shifted-by-a-miss': async () =>
    (await import('./multi-get-shifted-by-a-miss.ts')).default,
  'stale-mapping-after-transfer': async () =>
    (await import('./stale-mapping-after-transfer.ts')).default,
  'fail-open-on-error': async () => (await import('./fail-open-on-error.ts')).default,
};
