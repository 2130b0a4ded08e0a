import type { CheckedFinding } from '../harness/model/finding.ts';
import { xmlText } from './markup.ts';
import { thousands } from './numbers.ts';
import type { RunSummary } from './summary.ts';
import { findingSentence } from './verdict-words.ts';

/**
 * JUnit XML as Jenkins' junit-10 schema describes it, which GitLab's and GitHub's reporters read too: one suite a run, one case a check. A
 * check that could not be judged is an `error` with its reason and not `skipped`, because what is skipped shows as green. The
 * replay line is in the output of the suite and of each case that does not pass, as GitLab shows only the latter.
 */
export function renderJunit(summary: RunSummary): string {
  const { run, verdict } = summary;
  const cases = verdict.findings.length > 0 ? verdict.findings : [UNJUDGED];
  const counts = attributes({
    tests: String(cases.length),
    failures: String(cases.filter(({ outcome }) => outcome === 'fail').length),
    errors: String(cases.filter(({ outcome }) => outcome === 'inconclusive').length),
  });
  const time = attributes({ time: (run.durationMs / 1000).toFixed(3) });
  const suite = attributes({
    name: suiteName(summary),
    timestamp: run.startedAt.replace(/(\.\d+)?Z$/, ''),
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="crosswire"${counts}${time}>`,
    `  <testsuite${suite}${counts} skipped="0"${time}>`,
    '    <properties>',
    ...properties(summary).map((pair) => `      <property${attributes(pair)}/>`),
    '    </properties>',
    ...cases.flatMap((finding) => testCase(finding, summary)),
    `    <system-out>${xmlText(replayWords(summary))}</system-out>`,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

/** A run without any finding must not look like a suite in which nothing went wrong. */
const UNJUDGED: CheckedFinding = {
  check: 'whole-record',
  outcome: 'inconclusive',
  reason: 'no check came to a result',
};

const VIOLATIONS_MAX = 20;

function suiteName({ run }: RunSummary): string {
  return `crosswire ${run.scenario} ${run.target}@${run.targetVersion}`;
}

function properties({ run, record }: RunSummary): readonly { name: string; value: string }[] {
  return [
    { name: 'seed', value: String(run.seed) },
    { name: 'target', value: run.target },
    { name: 'targetVersion', value: run.targetVersion },
    { name: 'cache', value: run.cache },
    { name: 'cameras', value: String(run.cameras) },
    { name: 'users', value: String(run.users) },
    ...run.versions.map(({ name, value }) => ({ name: `version.${name}`, value })),
    ...run.circumstances.map(({ name, value }) => ({ name, value })),
    { name: 'record', value: record },
  ];
}

function testCase(finding: CheckedFinding, summary: RunSummary): readonly string[] {
  // A check judges the whole run and has no duration of its own; a time of 0 keeps readers that want one content.
  const names = { name: finding.check, classname: `crosswire.${summary.run.scenario}`, time: '0' };
  const inside = result(finding);
  if (inside === null) return [`    <testcase${attributes(names)}/>`];
  return [
    `    <testcase${attributes(names)}>`,
    `      ${inside}`,
    `      <system-out>${xmlText(replayWords(summary))}</system-out>`,
    '    </testcase>',
  ];
}

function result(finding: CheckedFinding): string | null {
  const message = findingSentence(finding);
  switch (finding.outcome) {
    case 'pass':
      return null;
    case 'fail':
      return `<failure${attributes({ message, type: finding.check })}>${xmlText(violationLines(finding))}</failure>`;
    case 'inconclusive':
      return `<error${attributes({ message, type: 'inconclusive' })}>${xmlText(message)}</error>`;
    default:
      return finding satisfies never;
  }
}

function violationLines({
  count,
  violations,
}: Extract<CheckedFinding, { readonly outcome: 'fail' }>): string {
  const lines = violations.slice(0, VIOLATIONS_MAX).map(({ says }) => says);
  const left = count - lines.length;
  return [...lines, ...(left > 0 ? [`and ${thousands(left)} more, in the record`] : [])].join('\n');
}

function replayWords({ replay }: RunSummary): string {
  return `replay: ${replay}`;
}

function attributes(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs)
    .map(([name, value]) => ` ${name}="${xmlText(value)}"`)
    .join('');
}
