import { fleetSentence, incidentSentence, strangersWords } from './blast-words.ts';
import { attributionSentence } from './hop-words.ts';
import { markdownText } from './markup.ts';
import { diagramText } from './message-diagram.ts';
import { counted, percent, seconds, thousands } from './numbers.ts';
import type { RunSummary } from './summary.ts';
import { because, findingSentence, headline, worstFirst } from './verdict-words.ts';

/** A short summary for a job's page: the verdict, the findings, how far it went, and the line that replays it. GitHub's Markdown. */
export function renderMarkdown(summary: RunSummary): string {
  const { run, verdict } = summary;
  const target = `${run.target} ${run.targetVersion}`;
  const facts = [
    `scenario ${run.scenario}`,
    `target ${target}`,
    `cache ${run.cache}`,
    `seed ${String(run.seed)}`,
    ...run.versions.map(({ name, value }) => `${name} ${value}`),
  ];
  return [
    `## ${MARKS[verdict.outcome]} ${verdict.outcome.toUpperCase()}: ${markdownText(headline(summary))}`,
    '',
    `${markdownText(because(summary))}.`,
    '',
    facts.map(markdownText).join(', '),
    '',
    '| check | outcome | |',
    '| --- | --- | --- |',
    ...worstFirst(verdict.findings).map(
      (finding) =>
        `| ${markdownText(finding.check)} | ${finding.outcome} | ${markdownText(findingSentence(finding))} |`,
    ),
    '',
    ...blast(summary),
    ...guilty(summary),
    'Replay:',
    '',
    ...fenced(summary.replay),
    '',
  ].join('\n');
}

const MARKS: Readonly<Record<RunSummary['verdict']['outcome'], string>> = {
  pass: '✅',
  fail: '❌',
  inconclusive: '❔',
};

function blast({ verdict: { blastRadius }, run, fleet }: RunSummary): readonly string[] {
  const { usersReceived, usersTapped, usersExposed, videosPlayed, firstAtMs, lastAtMs } =
    blastRadius;
  const scaled = fleet === null ? [] : [fleetSentence(fleet), ''];
  if (usersReceived === 0) return scaled;
  const received = `${thousands(usersReceived)} of ${counted(run.users, 'user')} received a stranger’s thumbnail`;
  const tapped = `${thousands(usersTapped)} tapped one, ${counted(videosPlayed, 'clip')} played`;
  const each = blastRadius.strangersPerExposedUser;
  const strangers = each === null ? '' : `, each to ${strangersWords(each)}`;
  const exposed = `${counted(usersExposed, 'user')} exposed${strangers}, ${percent(blastRadius.usersAffectedShare)} of all affected`;
  const when =
    firstAtMs === null || lastAtMs === null
      ? ''
      : `, from ${seconds(firstAtMs)} to ${seconds(lastAtMs)}`;
  return [`${received}, ${tapped}, ${exposed}${when}.`, '', incidentSentence(), '', ...scaled];
}

/** Who bound the wrong values first, and one violation told step by step. */
function guilty({ attribution }: RunSummary): readonly string[] {
  if (attribution === null || attribution.followed === 0) return [];
  const [story] = attribution.stories;
  const told =
    story === undefined
      ? []
      : [
          `One of them, ${markdownText(story.says)}:`,
          '',
          ...story.steps
            .slice(0, STEPS_MAX)
            .map((step, index) => `${String(index + 1)}. ${markdownText(step)}`),
          '',
          ...(story.diagram === null ? [] : [...fencedLines(diagramText(story.diagram)), '']),
        ];
  return [
    markdownText(attributionSentence(attribution)),
    '',
    ...attribution.blindSpots.flatMap((says) => [markdownText(says), '']),
    ...told,
  ];
}

const STEPS_MAX = 20;

function fencedLines(lines: readonly string[]): readonly string[] {
  const fence = fenceAround(lines.join('\n'));
  return [`${fence}text`, ...lines, fence];
}

/** A code block whose fence is longer than any run of backticks in the line. */
function fenced(line: string): readonly string[] {
  const text = line.toWellFormed().replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
  const fence = fenceAround(text);
  return [`${fence}sh`, text, fence];
}

function fenceAround(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  return '`'.repeat(longest + 1);
}
