import type { Control } from './define-control.ts';

/** All controls by name; each is loaded when it is asked for. */
export const controls: Readonly<Record<string, () => Promise<Control>>> = {
  'crossed-pair': async () => (await import('./crossed-pair.ts')).default,
  'off-by-one-after-reconnect': async () =>
    (await import('./off-by-one-after-reconnect.ts')).default,
};
