/** Somebody asked for what cannot be: one clear line on standard error, and exit 64 (EX_USAGE of BSD sysexits). */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly exitCode = 64;
}
