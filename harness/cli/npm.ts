import { spawn } from 'node:child_process';

/** How npm is reached. */
export interface Npm {
  /** The command, and first words for it where it needs some: `npm`, or node and the path of npm's own script. */
  readonly npmCommand: string | readonly [string, ...string[]];
  readonly signal: AbortSignal;
}

/** All published versions, in no order. Rejects with npm's own words when it cannot be asked. */
export async function publishedVersions(name: string, npm: Npm): Promise<readonly string[]> {
  return texts(await runNpm(npm, ['view', name, 'versions', '--json']));
}

/** The newest version that a tag or range means, or undefined when there is none. */
export async function resolveVersion(
  name: string,
  wanted: string,
  npm: Npm,
): Promise<string | undefined> {
  const answer = await runNpm(npm, ['view', `${name}@${wanted}`, 'version', '--json']).catch(
    (error: unknown) => {
      if (error instanceof NpmError && /\bE404\b|\bETARGET\b/.test(error.message)) return '';
      throw error;
    },
  );
  // A registry lists them in whatever order it likes.
  return texts(answer).toSorted(byPrecedence).at(-1);
}

/** Number by number; what has a pre-release comes before the release itself (semver.org, 11). */
export function byPrecedence(one: string, other: string): number {
  const [left, right] = [precedence(one), precedence(other)];
  const at = left.findIndex((number, index) => number !== right[index]);
  return at === -1 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}

function precedence(version: string): readonly number[] {
  const [release = '', ...before] = version.split('-');
  const ordinals = before.join('-').match(/\d+/g) ?? [];
  return [...release.split('.'), before.length === 0 ? 1 : 0, ...ordinals].map(Number);
}

/** npm ended with an error; the message holds its last lines. */
class NpmError extends Error {
  override readonly name = 'NpmError';
}

/**
 * Runs npm once, without a shell, and answers with its standard output. When the signal aborts, npm is ended with SIGTERM and
 * the call rejects with the signal's reason after it is gone.
 */
export async function runNpm(
  { npmCommand, signal }: Npm,
  words: readonly string[],
  folder?: string,
): Promise<string> {
  signal.throwIfAborted();
  const [command, ...first] = typeof npmCommand === 'string' ? [npmCommand] : npmCommand;
  const child = spawn(command, [...first, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(folder === undefined ? {} : { cwd: folder }),
  });
  const end = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  try {
    const [output, complaint, outcome] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number | string | null>((resolve) => {
        child.once('error', (error) => resolve(error.message));
        child.once('exit', (code, killedBy) => resolve(code ?? killedBy));
      }),
    ]);
    signal.throwIfAborted();
    if (outcome === 0) return output;
    const tail = complaint.trim().split('\n').slice(0, 4).join('; ');
    throw new NpmError(`${command} ${words.join(' ')} ended with ${outcome}: ${tail}`);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

const outputMax = 4_000_000;

async function text(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.byteLength;
    if (length <= outputMax) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** npm prints one text where there is one, and a list where there are several. */
function texts(json: string): readonly string[] {
  if (json.trim() === '') return [];
  const value: unknown = JSON.parse(json);
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((each) => typeof each === 'string');
}
