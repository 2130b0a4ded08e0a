import type { Finding } from '../model/finding.ts';
import { findingOf, inconclusive, violationList, type WholeChecker } from './checker.ts';

/**
 * A library that throws where nobody can catch it, or leaves a rejection to nobody, ends the process that it is in, and with it every
 * request under way. It is the library's when its code, or code that it needs, is on the stack that Node prints last, or when native
 * code crashed; anything else, want of memory too, may be somebody else's doing.
 */
export const staysUp: WholeChecker = {
  name: 'stays-up',
  says: 'the process that the cache library is in did not end by itself',
  check: (record): Finding => {
    const { environment, target, targetVersion, state } = record.run();
    const death = deathIn(environment);
    if (death === undefined)
      return state === 'complete'
        ? findingOf(1, violationList(), 'the process with the library was there to the end')
        : inconclusive('the run did not come to its end');
    const { how, lines } = death;
    const frame = lines.find((line) => isOf(death, line));
    const isOutOfMemory = lines.some((line) => line.includes('heap out of memory'));
    if (frame === undefined && (isOutOfMemory || !crashes.has(how)))
      return inconclusive(
        `the backend ended by itself (${how}), and nothing in its last lines is the library's: ${lines.slice(-1).join('') || 'it wrote nothing'}`,
      );
    const story = storyOf(death, frame);
    const violations = violationList();
    violations.add(`the backend with ${target} ${targetVersion} ${story}`, { table: 'run', id: 1 });
    return findingOf(1, violations, story);
  },
};

/** What it died of, and the line of the library that had to do with it. */
function storyOf({ how, lines }: Death, frame: string | undefined): string {
  const error = lines.find((line) => /^\S*(Error|Exception|panicked)\b/u.test(line));
  const parts = [`ended by itself (${how})`, error, frame && withoutFolder(frame)];
  return parts.flatMap((part) => (part === undefined ? [] : [part.trim()])).join(': ');
}

/** Signals that a process brings upon itself in native code. */
const crashes: ReadonlySet<string> = new Set(['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGTRAP', 'SIGABRT']);

interface Death {
  readonly how: string;
  readonly lines: readonly string[];
  readonly packages: readonly string[];
}

/** How the process with the library ended when nobody had asked it to, or undefined when it did not. */
export function deathIn(environment: string): Death | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(environment);
  } catch {
    return undefined;
  }
  const died =
    typeof parsed === 'object' && parsed !== null && 'died' in parsed ? parsed.died : undefined;
  if (typeof died !== 'object' || died === null) return undefined;
  const { how, lines, packages } = died as Readonly<Record<string, unknown>>;
  return typeof how === 'string' && isTexts(lines) && isTexts(packages)
    ? { how, lines, packages }
    : undefined;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function isOf({ packages }: Death, line: string): boolean {
  const path = withoutFolder(line);
  return path !== line && packages.some((each) => path.includes(`node_modules/${each}/`));
}

/** Paths of the machine, up to the innermost `node_modules`. */
function withoutFolder(line: string): string {
  return line
    .replaceAll('\\', '/')
    .replace(/(?:file:\/\/)?(?:[A-Za-z]:)?\/[^\s()]*\/(?=node_modules\/)/u, '');
}
