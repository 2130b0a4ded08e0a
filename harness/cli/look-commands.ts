import { execFileSync } from 'node:child_process';
import type { Command } from 'commander';
import { scenarios } from '../../scenarios/index.ts';
import { takesInWords } from '../../targets/clients/choose-target.ts';
import { controls } from '../../targets/controls/index.ts';
import { targets } from '../../targets/index.ts';
import type { Availability } from '../model/service.ts';
import type { TargetOption } from '../model/target.ts';
import { checks } from '../oracle/checks.ts';
import { surveyProviders } from './cache-choice.ts';
import { faultKinds } from './fault-kinds.ts';
import { unknown } from './options.ts';
import { surveyToxiproxies } from './toxiproxy-choice.ts';

/** `crosswire list`: what there is to choose from. */
export function addListCommand(program: Command): void {
  program
    .command('list')
    .description('print what there is to choose from')
    .argument('<what>', 'scenarios, targets, faults or checks')
    .action(async (what: string) => {
      const list = lists.get(what);
      if (list === undefined) throw unknown('list', what, [...lists.keys()]);
      const rows = await list();
      // Whoever reads our output may stop reading (`| head`).
      process.stdout.on('error', () => undefined);
      const width = Math.max(...rows.map(([name]) => name.length));
      for (const [name, says] of rows) process.stdout.write(`${name.padEnd(width)}  ${says}\n`);
    });
}

type Rows = readonly (readonly [name: string, says: string])[];

const lists: ReadonlyMap<string, () => Rows | Promise<Rows>> = new Map<
  string,
  () => Rows | Promise<Rows>
>([
  ['scenarios', (): Rows => [...scenarios.values()].map(({ name, why }) => [name, why])],
  ['targets', targetRows],
  ['faults', (): Rows => faultKinds],
  ['checks', (): Rows => checks.map(({ name, says }) => [name, says])],
]);

/** Every target, and under each its options, its variants and theirs. */
async function targetRows(): Promise<Rows> {
  const loaded = await Promise.all(Object.values(targets).map((load) => load()));
  const rows = loaded.flatMap((target): Rows => {
    const { name } = target;
    const which = target.version ?? 'the installed version';
    const plain = { says: `${which}; any other as ${name}@VERSION`, ...target };
    const ways = Object.entries(target.variants ?? {}).map(
      ([variant, way]) => [`${name}:${variant}`, way] as const,
    );
    return [[name, plain] as const, ...ways].flatMap(([full, { says, options = {} }]) =>
      optionRows(full, options).toSpliced(0, 0, [full, says]),
    );
  });
  const broken = await Promise.all(Object.values(controls).map((load) => load()));
  return [
    ...rows,
    ['', ''],
    ['controls: broken on purpose', ''],
    ...broken.map(({ name, bug }): Rows[number] => [name, bug]),
  ];
}

function optionRows(name: string, options: Readonly<Record<string, TargetOption>>): Rows {
  return Object.entries(options).map(([option, declared]) => [
    `${name}?${option}=`,
    `${takesInWords(declared)}: ${declared.says}`,
  ]);
}

/** `crosswire doctor`: what this machine offers, and what each missing part would need. */
export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('say what this machine offers')
    .action(async () => {
      const rows: [string, string][] = [
        ['node', process.versions.node],
        [
          'npm',
          versionOf('npm') ?? 'missing: versions other than the installed ones cannot be fetched',
        ],
        [
          'open files',
          `${execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim()} (a run needs one a camera and 2,000 more)`,
        ],
      ];
      for (const { name, availability } of await surveyProviders())
        rows.push([`cache: ${name}`, inWords(availability)]);
      for (const { name, availability } of await surveyToxiproxies())
        rows.push([`toxiproxy: ${name}`, inWords(availability)]);
      const width = Math.max(...rows.map(([name]) => name.length));
      for (const [name, says] of rows) process.stdout.write(`${name.padEnd(width)}  ${says}\n`);
    });
}

function inWords(availability: Availability): string {
  const { says } = availability;
  return availability.state === 'available' ? says : `${says}; ${availability.needs}`;
}

function versionOf(command: string): string | undefined {
  try {
    return execFileSync(command, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}
