import { createServer } from 'node:net';
import { UsageError } from './usage-error.ts';

/** Throws UsageError when the port that somebody asked for is taken or may not be used. 0 is always fine. */
export async function requireFreePort(option: string, port: number): Promise<void> {
  if (port === 0) return;
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: '127.0.0.1', port, exclusive: true }, resolve);
    });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new UsageError(
      `${option} ${port} cannot be listened on (${code}): choose another port, or leave the option out and a free one is taken`,
    );
  }
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
}
