import type { Target } from '../harness/model/target.ts';

/** All targets by the word on the command line; a library's file is loaded when it is asked for. */
export const targets: Readonly<Record<string, () => Promise<Target>>> = {
  ioredis: async () => (await import('./clients/ioredis.ts')).default,
  iovalkey: async () => (await import('./clients/iovalkey.ts')).default,
  redis: async () => (await import('./clients/redis.ts')).default,
  'valkey-glide': async () => (await import('./clients/valkey-glide.ts')).default,
};
