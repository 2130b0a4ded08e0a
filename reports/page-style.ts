/**
 * The page's own style sheet. Colours of lines are those of Okabe and Ito (2008), which people with any common colour vision can tell
 * apart, made lighter on dark ground; text keeps a contrast of 4.5 to 1 or more. Nothing is loaded from anywhere.
 */
export const PAGE_STYLE: string = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #15191e; --muted: #59636e; --rule: #e4e7eb; --tint: #f3f5f7; --phase: #e4e9ee; --fault: #8a94a0;
  --leak: #d55e00; --fail: #b34700; --pass: #00704f; --inconclusive: #7d5700; --link: #005a9c;
  --series-blue: #0072b2; --series-blue-soft: #0072b21f; --series-green: #009e73; --series-green-soft: #009e731f;
  --series-orange: #d98e00; --series-purple: #b8568f; --series-ink: #59636e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --ink: #e8ebee; --muted: #9ba5b0; --rule: #2a3038; --tint: #1b2026; --phase: #2a323b; --fault: #7d8894;
    --leak: #ff8a3d; --fail: #ff9552; --pass: #45cda3; --inconclusive: #e8bd4a; --link: #7cc0f5;
    --series-blue: #56b4e9; --series-blue-soft: #56b4e926; --series-green: #35c496; --series-green-soft: #35c49626;
    --series-orange: #f0b13c; --series-purple: #dd8fbf; --series-ink: #9ba5b0;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
body::before { content: ""; display: block; height: 6px; background: var(--verdict); }
body[data-verdict="fail"] { --verdict: var(--fail); }
body[data-verdict="pass"] { --verdict: var(--pass); }
body[data-verdict="inconclusive"] { --verdict: var(--inconclusive); }
main { max-width: 68rem; margin: 0 auto; padding: 3rem clamp(1rem, 4vw, 2.5rem) 5rem; }
h1, h2, h3, p, dl, figure, table, ul { margin: 0; }
h1 { font-size: clamp(1.7rem, 1.1rem + 2.6vw, 2.75rem); line-height: 1.12; letter-spacing: -0.022em; font-weight: 680; max-width: 22ch; text-wrap: balance; }
h2 { font-size: 1.3rem; line-height: 1.3; letter-spacing: -0.01em; font-weight: 650; }
h3 { font-size: 0.95rem; font-weight: 600; }
section { margin-top: 3.75rem; }
section > p { max-width: 42rem; margin-top: 0.4rem; color: var(--muted); }
.eyebrow { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; align-items: baseline; margin-bottom: 1rem; color: var(--muted); }
.outcome { color: var(--verdict); font-weight: 700; letter-spacing: 0.06em; }
.lead { margin-top: 1rem; max-width: 42rem; font-size: 1.1rem; color: var(--muted); overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: repeat(3, 1fr); gap: 1.1rem 2rem; margin-top: 2.25rem; padding-top: 1.25rem; border-top: 1px solid var(--rule); }
dt { font-size: 0.8rem; color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; }
code, .id { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: 0.88em; unicode-bidi: isolate; }
.scroll { overflow-x: auto; margin-top: 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 0.55rem 1.5rem 0.55rem 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--rule); overflow-wrap: break-word; }
th:last-child, td:last-child { padding-right: 0; }
thead th { font-size: 0.8rem; font-weight: 500; color: var(--muted); }
tbody th { font-weight: 400; }
.figure { text-align: right; white-space: nowrap; }
.blast { max-width: 46rem; }
.blast td:nth-child(2) { font-size: 1.25rem; font-weight: 650; }
.blast thead .figure { white-space: normal; }
.blast .some { color: var(--fail); }
.blast th, .blast td { width: 25%; }
.blast tbody th, .blast thead th:first-child { width: 50%; }
.word { font-weight: 650; font-size: 0.85rem; letter-spacing: 0.03em; white-space: nowrap; }
.word-fail { color: var(--fail); } .word-pass { color: var(--pass); } .word-inconclusive { color: var(--inconclusive); }
.findings td:nth-child(1) { width: 9rem; } .findings td:nth-child(2) { width: 10rem; white-space: nowrap; }
.zoom { display: flex; flex-wrap: wrap; gap: 0.4rem; margin: 1.25rem 0 0.75rem; }
button {
  font: inherit; font-size: 0.88rem; padding: 0.35rem 0.85rem; min-height: 2.25rem; color: var(--ink); background: transparent;
  border: 1px solid var(--rule); border-radius: 999px; cursor: pointer;
}
button:hover { border-color: var(--muted); }
button[aria-pressed="true"] { background: var(--ink); border-color: var(--ink); color: var(--paper); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 3px; border-radius: 3px; }
.panel { margin-top: 1.9rem; }
.chart { margin-top: 0.5rem; min-height: 8rem; }
.uplot { font: inherit; }
.u-legend { margin: 0.25rem 0 0 56px; text-align: left; font-size: 0.82rem; color: var(--muted); width: auto; }
.u-legend tbody { display: flex; flex-wrap: wrap; gap: 0.1rem 1.1rem; }
.u-legend tr.u-series { display: flex; align-items: baseline; margin: 0; }
.u-legend th, .u-legend td { border: 0; padding: 0; }
.u-legend .u-series > * { padding: 0.15rem 0.4rem 0.15rem 0; }
.u-legend th { font-weight: 400; font-size: inherit; color: var(--muted); }
.u-legend.u-live th::after { content: none; }
.u-legend .u-value { color: var(--ink); min-width: 3em; }
.u-legend tr:first-child { order: 1; } .u-legend tr:first-child:has(.u-value:empty) { visibility: hidden; }
.u-legend .u-marker { width: 1.5em; height: 0 !important; border-width: 2.5px 0 0 !important; background: none !important; vertical-align: 0.25em; }
.marks { display: flex; flex-wrap: wrap; gap: 0.2rem 1.4rem; font-size: 0.88rem; }
.marks span::before { content: ""; display: inline-block; margin-right: 0.45em; vertical-align: -0.05em; }
.marks .leak::before { border: 0.38em solid transparent; border-top: 0.6em solid var(--leak); border-bottom: 0; vertical-align: 0.05em; }
.marks .phase::before { width: 0.9em; height: 0.9em; background: var(--tint); outline: 1px solid var(--rule); }
.marks .fault::before { height: 0.95em; border-left: 2px dashed var(--fault); }
.u-select { background: color-mix(in srgb, var(--ink) 10%, transparent); }
.u-hz .u-cursor-x, .u-vt .u-cursor-y { border-right-color: var(--muted); } .u-hz .u-cursor-y, .u-vt .u-cursor-x { border-bottom: 0; }
details { margin-top: 0.5rem; }
summary { cursor: pointer; width: fit-content; font-size: 0.88rem; color: var(--link); padding: 0.25rem 0; }
details table { font-size: 0.88rem; }
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 2rem 1.75rem; margin-top: 1.5rem; }
.pair > div { display: grid; grid-template-columns: 1fr 1fr; gap: 0.5rem; }
.pair span.what { display: block; font-size: 0.8rem; color: var(--muted); margin-bottom: 0.25rem; }
.pair .shown span.what { color: var(--fail); font-weight: 600; }
.pair img, .pair .unknown { display: block; width: 100%; border-radius: 4px; background: var(--tint); font-size: 0.8rem; }
.pair .shown img { outline: 2px solid var(--leak); outline-offset: 1px; }
.pair .unknown { aspect-ratio: 4 / 3; display: grid; place-items: center; padding: 0.75rem; text-align: center; color: var(--muted); border: 1px dashed var(--rule); }
figcaption { margin-top: 0.6rem; font-size: 0.88rem; line-height: 1.45; overflow-wrap: anywhere; }
figcaption .id, figcaption .when { color: var(--muted); }
.story { margin-top: 1.5rem; } .story ol { margin: 0.6rem 0 0; padding-left: 1.6rem; max-width: 52rem; overflow-wrap: anywhere; } .story li { margin-top: 0.3rem; } .story p { color: var(--muted); }
.story pre { margin: 0; font: 0.8rem/1.35 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; } .story td { font-size: 0.88rem; } .story .marked td { background: var(--tint); }
.replay { display: block; margin-top: 1rem; padding: 0.9rem 1rem; background: var(--tint); border-radius: 6px; overflow-wrap: anywhere; user-select: all; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 40rem) {
  .facts { grid-template-columns: repeat(2, 1fr); gap: 1rem; }
  .u-legend tr:first-child:has(.u-value:empty) { display: none; }
  main { padding-top: 2rem; } section { margin-top: 2.75rem; }
  .findings thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .findings tr { display: grid; grid-template-columns: 1fr auto; padding: 0.7rem 0; border-bottom: 1px solid var(--rule); }
  .findings td { border: 0; padding: 0; width: auto !important; } .findings td:nth-child(1) { order: 2; } .findings td:nth-child(3) { order: 3; grid-column: 1 / -1; color: var(--muted); }
  .blast th, .blast td { padding-right: 0.75rem; } .u-legend { margin-left: 0; }
}
@media print { button, summary { display: none; } section { break-inside: avoid; } }
`;
