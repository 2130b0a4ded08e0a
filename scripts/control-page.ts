import type { Catch } from './control-catch.ts';

/** `docs/controls.md`: what was planted, and how it was caught. */
export function controlPage(catches: readonly Catch[]): string {
  return `${opening}\n${catches.map(rowOf).join('\n')}\n\n## The bugs\n\n${catches.map(storyOf).join('\n')}\n`;
}

/** The names of the controls on such a page, in its order. */
export function controlsOn(page: string): readonly string[] {
  return page.split('\n').flatMap((line) => /^\| `([a-z0-9-]+)` \|/.exec(line)?.[1] ?? []);
}

const opening = `# Broken on purpose: does the oracle see it?

\`node scripts/catch-controls.ts\` writes this page from real runs, one a control: cache, wire, cloud, client and fleet in one process on loopback
(\`harness/processes/mini-run.ts\`), for three or four seconds. The test \`scripts/control-catches.live.test.ts\` runs the same and fails when one is
missed, and when a correct client fails a check under any of these triggers. *Hop* is who is guilty, in the words of the forensics. *Seed* is that of
the round in which it was caught: on real sockets a seed repeats the pressure, not the race, so some take another round, later ones
at a slower pace for machines that have other things to do.

| control | trigger | caught by | violations / examined | hop | seed |
| --- | --- | --- | --- | --- | --- |`;

function rowOf({ control, findings, seed, missedBy }: Catch): string {
  const caught = control.caughtBy.map((check) =>
    missedBy.includes(check) ? `**not** ${check}` : check,
  );
  const figures = control.caughtBy.map((check) => {
    const finding = findings.find((each) => each.check === check);
    if (finding === undefined || finding.outcome === 'inconclusive') return 'nothing examined';
    return `${finding.outcome === 'fail' ? finding.count : 0} / ${finding.examined}`;
  });
  const { name, trigger, hop } = control;
  return `| \`${name}\` | ${trigger.says} | ${caught.join(', ')} | ${figures.join(', ')} | ${hop} | ${seed} |`;
}

function storyOf({ control }: Catch): string {
  const { name, bug, example } = control;
  return `- \`${name}\`: ${bug}.${example === undefined ? '' : ` Seen in public: ${example}.`}`;
}
