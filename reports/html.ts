import { createHash } from 'node:crypto';
import { type Charts, toCharts } from './charts.ts';
import { attributionSection } from './html-attribution.ts';
import { blastSection } from './html-blast.ts';
import { picturesSection } from './html-pictures.ts';
import {
  circumstancesSection,
  findingsSection,
  text,
  timelineSection,
  verdictSection,
} from './html-sections.ts';
import { scriptJson } from './markup.ts';
import { PAGE_SCRIPT } from './page-script.ts';
import { PAGE_STYLE } from './page-style.ts';
import type { RunSummary } from './summary.ts';

/** uPlot 1.6 as text, since a report reads no files: its browser build and its style sheet. */
export interface PageAssets {
  readonly uplotScript: string;
  readonly uplotStyle: string;
}

/** How large a page may be, in bytes of UTF-8; pictures are left out until it fits. */
export const PAGE_BYTES_MAX = 2_000_000;

/**
 * The report as one HTML page that loads nothing, works offline and is at most 2 MB. Its policy lets run the two scripts in it, by their
 * hashes, and nothing else; whatever a record holds is text. Throws when an asset could end its own element early.
 */
export function renderHtml(summary: RunSummary, assets: PageAssets): string {
  const charts = toCharts(summary);
  const page = (pictures: string): string => document(summary, { charts, assets, pictures });
  const bytesMax = PAGE_BYTES_MAX - Buffer.byteLength(page('')) - MARGIN_BYTES;
  return page(picturesSection(summary.leaks, { bytesMax: Math.max(0, bytesMax) }));
}

/** For the headings around the pictures. */
const MARGIN_BYTES = 2000;

interface Parts {
  readonly charts: Charts;
  readonly assets: PageAssets;
  readonly pictures: string;
}

function document(summary: RunSummary, { charts, assets, pictures }: Parts): string {
  const { run, verdict } = summary;
  const style = embeddable(`${assets.uplotStyle}\n${PAGE_STYLE}`, 'style');
  const scripts = [assets.uplotScript, PAGE_SCRIPT].map((source) => embeddable(source, 'script'));
  const title = `${verdict.outcome.toUpperCase()}: ${run.scenario}, ${run.target} ${run.targetVersion}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(style, scripts)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${text(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body data-verdict="${verdict.outcome}">
<main>
${verdictSection(summary)}
${blastSection(summary)}
${pictures}
${attributionSection(summary)}
${timelineSection(charts, summary)}
${findingsSection(summary)}
${circumstancesSection(summary)}
</main>
<script type="application/json" id="timeline-data">${scriptJson(charts)}</script>
${scripts.map((source) => `<script>${source}</script>`).join('\n')}
</body>
</html>
`;
}

function policy(style: string, scripts: readonly string[]): string {
  return [
    "default-src 'none'",
    `script-src ${scripts.map(hashSource).join(' ')}`,
    `style-src ${hashSource(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function hashSource(source: string): string {
  return `'sha256-${createHash('sha256').update(source, 'utf8').digest('base64')}'`;
}

/** A parser turns CR into LF before the browser hashes what it read, so the text must not hold any; nor may it hold what ends or hides its element. */
function embeddable(source: string, element: 'script' | 'style'): string {
  const unified = source.replaceAll(/\r\n?/g, '\n');
  if (new RegExp(`</${element}|<!--`, 'i').test(unified)) {
    throw new Error(
      `the ${element} for the HTML report contains "</${element}" or "<!--" and would end its own element; take an unmodified build of uPlot 1.6`,
    );
  }
  return unified;
}
