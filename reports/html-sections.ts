import type { CheckedFinding } from '../harness/model/finding.ts';
import type { Charts, Panel } from './charts.ts';
import { htmlText } from './markup.ts';
import { counted, latency, seconds, thousands } from './numbers.ts';
import type { RunSummary } from './summary.ts';
import { because, exitCodeOf, findingSentence, headline, worstFirst } from './verdict-words.ts';

/** A piece of a record as text of the page: escaped, and cut where it is absurdly long, so that no string can fill the page. */
export function text(value: string): string {
  return htmlText(value.length > TEXT_LENGTH_MAX ? `${value.slice(0, TEXT_LENGTH_MAX)}...` : value);
}

/** Verdict first: outcome, the run in a sentence, why, and what ran. */
export function verdictSection(summary: RunSummary): string {
  const { run, verdict } = summary;
  const worst = worstFirst(verdict.findings)[0];
  const own = verdict.findings.find(({ check }) => check === 'own-data-only');
  const decisive = verdict.outcome === 'pass' ? own : worst;
  const facts: readonly (readonly [string, string])[] = [
    ['Target', `${run.target} ${run.targetVersion}`],
    ['Cache', run.cache],
    ['Population', `${counted(run.cameras, 'camera')}, ${counted(run.users, 'user')}`],
    ['Seed', String(run.seed)],
    ['Took', seconds(run.durationMs)],
    ['Started', run.startedAt.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC')],
  ];
  return `<header>
<p class="eyebrow"><strong class="outcome">${verdict.outcome.toUpperCase()}</strong><span>${text(run.scenario)}</span><span>exit code ${String(exitCodeOf(verdict.outcome))}</span></p>
<h1>${text(headline(summary))}</h1>
<p class="lead">${text(because(summary))}${decisive === undefined ? '' : `: ${text(findingSentence(decisive))}`}.</p>
<dl class="facts">${facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${text(value)}</dd></div>`).join('')}</dl>
</header>`;
}

/** The timeline: a place for each chart, and beside each the same in words and as a small table. */
export function timelineSection(charts: Charts, summary: RunSummary): string {
  const zooms = [
    { name: 'whole run', from: 0, to: charts.untilSeconds },
    ...charts.phases.slice(0, ZOOMS_MAX),
  ];
  return `<section aria-labelledby="timeline">
<h2 id="timeline">What happened</h2>
<p>Drag across a chart to look closer, double-click to go back. With the keyboard: arrow keys read the values, + and - zoom, Escape shows the whole run.</p>
<div class="zoom" role="group" aria-label="Zoom of all charts">${zooms.map(({ name, from, to }, index) => `<button type="button" data-from="${String(from)}" data-to="${String(to)}" aria-pressed="${String(index === 0)}">${text(name)}</button>`).join('')}</div>
<p class="marks">${charts.leaks.some((count) => count > 0) ? '<span class="leak">a stranger’s picture was shown</span>' : ''}<span class="phase">every second phase</span><span class="fault">a fault begins or ends</span>${marksNote(summary.leaks)}</p>
<p class="hidden" id="timeline-reader" aria-live="polite"></p>
<noscript><p>The charts need JavaScript; the tables hold the same figures.</p></noscript>
<div class="panel lane"><h3>Phases, faults and strangers’ pictures</h3>
<div class="chart" data-chart="lane" tabindex="0" role="img" aria-label="${text(laneWords(charts))}"></div>
${faultTable(summary.faults)}</div>
${charts.panels.map(panel).join('\n')}
</section>`;
}

/** One row a check, worst first; a failing one names its first violations. */
export function findingsSection({ verdict }: RunSummary): string {
  const rows = worstFirst(verdict.findings).map(
    (finding) =>
      `<tr><td><span class="word word-${finding.outcome}">${finding.outcome.toUpperCase()}</span></td><td>${text(finding.check)}</td><td>${text(findingSentence(finding))}${violations(finding)}</td></tr>`,
  );
  const body =
    rows.length === 0
      ? '<p>No check came to a result.</p>'
      : `<div class="scroll"><table class="findings"><thead><tr><th scope="col">outcome</th><th scope="col">check</th><th scope="col">what was found</th></tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
  return `<section aria-labelledby="findings"><h2 id="findings">Findings</h2>\n${body}</section>`;
}

/** What stands beside the verdict: the flood, the self-audit, where it happened, and how to run it again. */
export function circumstancesSection(summary: RunSummary): string {
  const { run, floods, selfAudit } = summary;
  const pairs: readonly (readonly [string, string])[] = [
    ...floods.map((flood) => ['Unchecked flood', floodWords(flood)] as const),
    ...(selfAudit === null ? [] : [['Self-audit', auditWords(selfAudit)] as const]),
    ...run.versions.map(({ name, value }) => [name, value] as const),
    ...run.circumstances.map(({ name, value }) => [name, value] as const),
    ['canaries', thousands(run.canaries)],
    ['record', summary.record],
    ...summary.reports.map(({ format, path }) => [`report (${format})`, path] as const),
  ];
  return `<section aria-labelledby="circumstances">
<h2 id="circumstances">Where and how</h2>
<div class="scroll"><table><tbody>${pairs
    .slice(0, PAIRS_MAX)
    .map(([name, value]) => `<tr><th scope="row">${text(name)}</th><td>${text(value)}</td></tr>`)
    .join('\n')}</tbody></table></div>
</section>
<section aria-labelledby="replay"><h2 id="replay">Run it again</h2>
<p>The same seed gives the same plan; on real sockets it repeats the pressure, not the race.</p>
<code class="replay">${htmlText(summary.replay.slice(0, REPLAY_LENGTH_MAX))}</code></section>`;
}

const TEXT_LENGTH_MAX = 400;
const REPLAY_LENGTH_MAX = 4000;
const ZOOMS_MAX = 12;
const PAIRS_MAX = 60;
const FAULTS_MAX = 60;
const VIOLATIONS_MAX = 10;

function marksNote({ total, marked }: RunSummary['leaks']): string {
  return marked >= total ? '' : `Marked are ${thousands(marked)} of ${thousands(total)}.`;
}

function laneWords({ phases, faults, leaks }: Charts): string {
  const marks = faults.map(({ name, spans }) => ({
    name,
    from: Math.min(...spans.map(({ from }) => from)),
    to: Math.max(...spans.map(({ to }) => to)),
  }));
  const spans = [...phases, ...marks].map(
    ({ name, from, to }) => `${name} from ${seconds(from * 1000)} to ${seconds(to * 1000)}`,
  );
  const shown = leaks.reduce((sum, count) => sum + count, 0);
  return `${spans.join(', ')}. ${counted(shown, 'stranger’s picture', 'strangers’ pictures')} shown.`;
}

function faultTable(faults: RunSummary['faults']): string {
  const rows = faults
    .slice(0, FAULTS_MAX)
    .map(({ faultId, says, fromMs, toMs, bit }) => [
      `${faultId}: ${says}`,
      seconds(fromMs),
      toMs === null ? 'not healed' : seconds(toMs),
      counted(bit, 'time'),
    ]);
  return rows.length === 0
    ? ''
    : table('Faults as a table', { head: ['fault', 'from', 'to', 'acted'], rows });
}

function panel({ id, title, says, table: figures }: Panel): string {
  return `<div class="panel"><h3>${text(title)}</h3>
<div class="chart" data-chart="${text(id)}" tabindex="0" role="img" aria-label="${htmlText(`${title}. ${says}`)}"></div>
${table('The figures by phase', figures)}</div>`;
}

function table(
  title: string,
  {
    head,
    rows,
  }: { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] },
): string {
  const [first = '', ...names] = head;
  return `<details><summary>${title}</summary><div class="scroll"><table>
<thead><tr><th scope="col">${text(first)}</th>${names.map((name) => `<th scope="col" class="figure">${text(name)}</th>`).join('')}</tr></thead>
<tbody>${rows.map(([name = '', ...cells]) => `<tr><th scope="row">${text(name)}</th>${cells.map((value) => `<td class="figure">${text(value)}</td>`).join('')}</tr>`).join('\n')}</tbody>
</table></div></details>`;
}

function violations(finding: CheckedFinding): string {
  if (finding.outcome !== 'fail' || finding.violations.length === 0) return '';
  const kept = finding.violations.slice(0, VIOLATIONS_MAX);
  const left = finding.count - kept.length;
  const more = left > 0 ? `<li>and ${thousands(left)} more, in the record</li>` : '';
  return `<details><summary>The first ${counted(kept.length, 'violation')}</summary><ul>${kept.map(({ says }) => `<li>${text(says)}</li>`).join('')}${more}</ul></details>`;
}

function floodWords(flood: RunSummary['floods'][number]): string {
  const figures = `${counted(flood.requests, 'request')}, ${thousands(flood.errors)} failed, ${thousands(flood.non2xx)} refused`;
  return `${figures}, p50 ${latency(flood.latencyMsP50)}, p99 ${latency(flood.latencyMsP99)}, from ${seconds(flood.fromMs)} to ${seconds(flood.toMs)}`;
}

function auditWords(audit: NonNullable<RunSummary['selfAudit']>): string {
  const leaked = `${audit.target} ${audit.targetVersion} leaked ${thousands(audit.violations)} in ${counted(audit.examined, 'read')}`;
  return audit.violations > 0 ? `${leaked}, so the oracle sees` : `${leaked}: the oracle is blind`;
}
