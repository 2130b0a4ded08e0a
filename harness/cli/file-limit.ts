import { execFileSync } from 'node:child_process';

/** Beside one descriptor a camera: viewers, the cache, files, the runtime's own. */
const descriptorsBeside = 2_000;

/**
 * How many open files the fleet and the backend need for so many cameras, and whether this machine gives them.
 * Returns the limit to start child processes with; undefined when the present one is enough.
 */
export function fileLimitFor(
  cameras: number,
): { readonly limit: number | undefined } | { readonly problem: string } {
  const needed = cameras + descriptorsBeside;
  const present = presentLimit();
  if (present === undefined || present >= needed) return { limit: undefined };
  try {
    execFileSync('sh', ['-c', `ulimit -n ${needed}`], { stdio: 'ignore' });
    return { limit: needed };
  } catch {
    return {
      problem: `--cameras ${cameras} needs ${needed} open files in one process, and the limit here is ${present}: raise it (ulimit -n ${needed}, as root or in limits.conf) or use at most ${Math.max(1, present - descriptorsBeside)} cameras`,
    };
  }
}

function presentLimit(): number | undefined {
  try {
    const said = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
    return said === 'unlimited' ? undefined : Number(said);
  } catch {
    return undefined;
  }
}
