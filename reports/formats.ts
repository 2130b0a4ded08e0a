import { type PageAssets, renderHtml } from './html.ts';
import { renderJson } from './json.ts';
import { renderJunit } from './junit.ts';
import { renderMarkdown } from './markdown.ts';
import type { RunSummary } from './summary.ts';

/** One way to render a run. `crosswire report --format` knows each by its name. */
export interface ReportFormat {
  readonly name: 'html' | 'junit' | 'json' | 'markdown';
  /** With the dot. */
  readonly extension: string;
  /** What the file is called in the folder of a run. */
  readonly fileName: string;
  /** The whole file, with a final line end. Formats other than `html` leave the assets alone. */
  readonly render: (summary: RunSummary, assets: PageAssets) => string;
}

export const formats: readonly ReportFormat[] = [
  { name: 'html', extension: '.html', fileName: 'report.html', render: renderHtml },
  {
    name: 'junit',
    extension: '.xml',
    fileName: 'junit.xml',
    render: (summary) => renderJunit(summary),
  },
  {
    name: 'json',
    extension: '.json',
    fileName: 'run.json',
    render: (summary) => renderJson(summary),
  },
  {
    name: 'markdown',
    extension: '.md',
    fileName: 'summary.md',
    render: (summary) => renderMarkdown(summary),
  },
];
