import type { DiagramLine, Story } from '../harness/model/attribution.ts';
import { attributionSentence, hopWords } from './hop-words.ts';
import { text } from './html-sections.ts';
import { htmlText } from './markup.ts';
import { diagramText } from './message-diagram.ts';
import type { RunSummary } from './summary.ts';

/** Who bound the wrong values first: the sums, and some violations told step by step with what passed on the connection. */
export function attributionSection({ attribution }: RunSummary): string {
  if (attribution === null || attribution.followed === 0) return '';
  const { stories, blindSpots } = attribution;
  const blind =
    blindSpots.length === 0
      ? ''
      : `<ul>${blindSpots.map((says) => `<li>${text(says)}</li>`).join('')}</ul>`;
  const [open, folded] = [stories.slice(0, OPEN_MAX), stories.slice(OPEN_MAX, STORIES_MAX)];
  const more =
    folded.length === 0
      ? ''
      : `<details><summary>${String(folded.length)} more</summary>${folded.map(story).join('\n')}</details>`;
  return `<section aria-labelledby="attribution">
<h2 id="attribution">Who bound it wrongly first</h2>
<p>${text(attributionSentence(attribution))}</p>${blind}
${open.map(story).join('\n')}${more}
</section>`;
}

const OPEN_MAX = 1;
const STORIES_MAX = 12;
const STEPS_MAX = 20;
const LINES_MAX = 40;

function story({ hop, says, steps, diagram, check }: Story): string {
  const lines = diagram === null ? [] : diagram.lines.slice(0, LINES_MAX);
  const picture =
    diagram === null
      ? ''
      : `<div class="scroll"><table><caption class="hidden">What passed on connection ${String(diagram.connection)}</caption>
<thead><tr><th scope="col">command</th><th scope="col">reply</th><th scope="col">handed to the caller of</th><th scope="col" class="figure">at</th></tr></thead>
<tbody>${lines.map(row).join('\n')}</tbody></table></div>
<details><summary>The same as text</summary><div class="scroll"><pre>${htmlText(diagramText({ ...diagram, lines }).join('\n'))}</pre></div></details>`;
  return `<article class="story"><h3>${text(hop)}: ${text(hopWords(hop))}</h3>
<p>${text(check)}: ${text(says)}</p>
<ol>${steps
    .slice(0, STEPS_MAX)
    .map((step) => `<li>${text(step)}</li>`)
    .join('')}</ol>
${picture}</article>`;
}

function row(line: DiagramLine): string {
  if (line.kind === 'note') return `<tr><td colspan="4"><em>${text(line.says)}</em></td></tr>`;
  const { connection, position, command, reply, handedTo, astray, marked, atNs } = line;
  const to =
    handedTo === null
      ? ''
      : `${text(handedTo)}${astray ? ' <span class="word word-fail">WRONG</span>' : ''}`;
  const what = `<span class="id">${String(connection)}/${String(position)}</span> ${text(command)}`;
  return `<tr${marked ? ' class="marked"' : ''}><td>${marked ? `<strong>${what}</strong>` : what}</td><td class="id">${text(reply ?? 'none')}</td><td>${to}</td><td class="figure">${(atNs / 1e9).toFixed(3)} s</td></tr>`;
}
