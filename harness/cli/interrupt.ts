/** Ctrl-C, SIGTERM, a closed terminal, or the death of the process that handed over to us: all end a run the same way, healed. */
export interface Interrupt extends Disposable {
  readonly signal: AbortSignal;
}

/** Listens until disposed of. A second Ctrl-C leaves at once, and the reaper cleans up. */
export function listenForInterrupt(): Interrupt {
  const controller = new AbortController();
  const interrupt = (name: string): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Error(`interrupted by ${name}`));
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, interrupt);
  const onDisconnect = (): void => interrupt('the end of the process that started it');
  process.on('disconnect', onDisconnect);
  process.channel?.unref();
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of signals) process.off(name, interrupt);
      process.off('disconnect', onDisconnect);
    },
  };
}
