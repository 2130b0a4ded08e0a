import type { HttpCacheLibrary } from './http-cache-library.ts';

/** All of them by the word on the command line; a library's file is loaded when it is asked for. */
export const httpCaches: Readonly<Record<string, () => Promise<HttpCacheLibrary>>> = {
  apicache: async () => (await import('./apicache.ts')).apicache,
  'axios-cache-interceptor': async () =>
    (await import('./axios-cache-interceptor.ts')).axiosCacheInterceptor,
  'cacheable-request': async () => (await import('./cacheable-request.ts')).cacheableRequest,
  undici: async () => (await import('./undici.ts')).undici,
};
