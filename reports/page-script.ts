/**
 * What runs in the page: it draws the timeline from the JSON in `#timeline-data` into the elements with `data-chart`, and wires the zoom
 * buttons and the arrow keys. It is a string because a report is: the page's policy names its hash. It touches text only through
 * `textContent` and canvas, so that no string of a record is ever markup. Expects `uPlot` 1.6 as a global.
 */
export const PAGE_SCRIPT: string = String.raw`(() => {
'use strict';
const data = JSON.parse(document.getElementById('timeline-data').textContent);
const reader = document.getElementById('timeline-reader');
const step = data.at.length > 1 ? data.at[1] - data.at[0] : 1;
const whole = { min: 0, max: data.untilSeconds };
let range = whole;
let plots = [];

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
// Null and undefined are what uPlot hands over where the pointer is nowhere.
const number = (value) => value === null || value === undefined ? '–'
  : value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 });
const time = (seconds) => seconds.toFixed(1) + ' s';
const font = (size, weight) => weight + ' ' + size + 'px system-ui, sans-serif';
const GUTTER = 56;

function across(plot, from, to) {
  const { left, width } = plot.bbox;
  const clamp = (x) => Math.min(left + width, Math.max(left, x));
  return [clamp(plot.valToPos(from, 'x', true)), clamp(plot.valToPos(to, 'x', true))];
}

// Every second phase is tinted in all panels at the same place, and a fault that is alone of its kind begins and ends with a dashed line.
function drawGround(plot) {
  const { ctx, bbox } = plot;
  ctx.save();
  data.phases.forEach((phase, index) => {
    if (index % 2 === 0) return;
    const [from, to] = across(plot, phase.from, phase.to);
    ctx.fillStyle = colour('tint');
    ctx.fillRect(from, bbox.top, to - from, bbox.height);
  });
  ctx.strokeStyle = colour('fault');
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const { spans } of data.faults.filter((row) => row.spans.length === 1)) {
    for (const at of [spans[0].from, spans[0].to]) {
      if (at <= plot.scales.x.min || at >= plot.scales.x.max) continue;
      const x = Math.round(plot.valToPos(at, 'x', true)) + 0.5;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
  }
  ctx.restore();
}

// A small triangle on the upper edge wherever a stranger's picture was shown.
function drawLeakMarks(plot) {
  const { ctx, bbox } = plot;
  const size = 5 * devicePixelRatio;
  ctx.save();
  ctx.fillStyle = colour('leak');
  data.leaks.forEach((count, index) => {
    const at = data.at[index] + step / 2;
    if (count === 0 || at < plot.scales.x.min || at > plot.scales.x.max) return;
    const x = plot.valToPos(at, 'x', true);
    ctx.beginPath();
    ctx.moveTo(x - size * 0.7, bbox.top - size);
    ctx.lineTo(x + size * 0.7, bbox.top - size);
    ctx.lineTo(x, bbox.top + size * 0.3);
    ctx.fill();
  });
  ctx.restore();
}

// The first panel: a row for the phases, one for each kind of fault, one for the strangers' pictures. Where it is narrow the name of
// a fault stands above its marks, else beside them.
const ROW = 24;
const isNarrow = (width) => width < 560;
const faultRow = (width) => isNarrow(width) ? 38 : ROW;
const laneHeight = (width) => 2 * ROW + data.faults.length * faultRow(width);

function drawLane(plot) {
  const { ctx, bbox } = plot;
  const dots = devicePixelRatio;
  const height = faultRow(plot.width);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'left';
  for (const phase of data.phases) {
    const [from, to] = across(plot, phase.from, phase.to);
    if (to <= from) continue;
    ctx.fillStyle = colour('phase');
    ctx.fillRect(from + dots, bbox.top + 2 * dots, to - from - 2 * dots, (ROW - 4) * dots);
    ctx.fillStyle = colour('ink');
    ctx.font = font(12 * dots, 600);
    label(ctx, phase.name, { from, to, y: bbox.top + ROW / 2 * dots });
  }
  data.faults.forEach((row, index) => drawFaults(plot, row, bbox.top + (ROW + index * height) * dots));
  drawLeakRow(plot, bbox.top + (ROW + data.faults.length * height) * dots);
  ctx.restore();
}

function drawFaults(plot, row, top) {
  const { ctx, bbox } = plot;
  const dots = devicePixelRatio;
  const places = row.spans.map(({ from, to }) => across(plot, from, to)).filter(([from, to]) => to > from);
  if (places.length === 0) return;
  const narrow = isNarrow(plot.width);
  ctx.fillStyle = colour('fault');
  for (const [from, to] of places) ctx.fillRect(from, top + (narrow ? 24 : 8) * dots, Math.max(2 * dots, to - from), 8 * dots);
  ctx.fillStyle = colour('ink');
  ctx.font = font(12 * dots, 400);
  const from = Math.min(...places.map(([left]) => left));
  const to = Math.max(...places.map(([, right]) => right));
  const width = ctx.measureText(row.name).width;
  const gap = 6 * dots;
  const end = bbox.left + bbox.width;
  const above = Math.max(bbox.left + gap, Math.min(from, end - width - gap));
  const beside = to + gap + width < end ? to + gap : from - gap - width > bbox.left ? from - gap - width : null;
  if (!narrow && beside === null) knockOut(ctx, { x: above - gap / 2, y: top + ROW / 2 * dots, width: width + gap });
  ctx.fillText(row.name, narrow ? above : beside ?? above, top + (narrow ? 13 : ROW / 2) * dots);
}

// Where marks fill the whole width, the name stands upon them on a piece of paper.
function knockOut(ctx, { x, y, width }) {
  ctx.save();
  ctx.fillStyle = colour('paper');
  ctx.fillRect(x, y - 8 * devicePixelRatio, width, 16 * devicePixelRatio);
  ctx.restore();
}

function label(ctx, text, { from, to, y }) {
  const width = ctx.measureText(text).width;
  if (width + 8 > to - from) return;
  ctx.fillText(text, (from + to - width) / 2, y);
}

function drawLeakRow(plot, y) {
  const { ctx } = plot;
  const dots = devicePixelRatio;
  const most = Math.max(1, ...data.leaks);
  ctx.fillStyle = colour('leak');
  data.leaks.forEach((count, index) => {
    if (count === 0) return;
    const [from, to] = across(plot, data.at[index], data.at[index] + step);
    if (to <= from) return;
    const height = Math.max(4, (ROW - 4) * (count / most)) * dots;
    ctx.fillRect(from, y + (ROW - 2) * dots - height, Math.max(1.5 * dots, to - from - dots), height);
  });
}

// On a logarithmic scale only the powers of ten get a line.
const powersOfTen = (values) => values.map((value) => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9 ? value : null);

function axes(scale) {
  const look = { stroke: colour('muted'), font: font(12, 400), ticks: { show: false }, grid: { stroke: colour('rule'), width: 1 } };
  return [
    { ...look, values: (plot, ticks) => ticks.map((at) => at + ' s'), grid: { show: false }, size: 28, space: 70 },
    { ...look, size: GUTTER, space: 32, grid: { ...look.grid, filter: (plot, values) => scale === 'log' ? powersOfTen(values) : values }, values: (plot, ticks) => ticks.map((value) => value === null ? '' : number(value)) },
  ];
}

const shared = (width, height) => ({
  width, height,
  cursor: { sync: { key: 'timeline' }, drag: { x: true, y: false }, points: { size: 7 }, focus: { prox: 24 } },
  legend: { live: true, markers: { width: 2, dash: (plot, index) => plot.series[index].dash?.length > 0 ? 'dashed' : 'solid' } },
});

function laneOptions(width) {
  return {
    ...shared(width, laneHeight(width) + 28 + 4),
    padding: [4, 12, 0, 0],
    scales: { x: { time: false, min: range.min, max: range.max }, y: { range: [0, 1] } },
    series: [{ label: 'at', value: (plot, at) => at === null ? '' : time(at) },
      { label: 'strangers’ pictures', stroke: colour('leak'), width: 2, paths: () => null, points: { show: false }, value: (plot, value) => value === null || value === undefined ? '' : number(value) }],
    axes: [axes('linear')[0], { show: true, size: GUTTER, values: () => [], grid: { show: false }, ticks: { show: false } }],
    hooks: { draw: [drawLane] },
  };
}

const panelHeight = (width) => width < 480 ? 190 : 220;

function panelOptions(panel, width) {
  return {
    ...shared(width, panelHeight(width)),
    padding: [12, 12, 0, 0],
    scales: {
      x: { time: false, min: range.min, max: range.max },
      y: panel.scale === 'log' ? { distr: 3 } : { range: (plot, min, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    series: [
      { label: 'at', value: (plot, at) => at === null ? '' : time(at) },
      ...panel.series.map((series) => ({
        label: series.label,
        stroke: colour(series.colour),
        width: 1.75,
        dash: series.dash,
        fill: series.fill ? colour(series.colour + '-soft') : undefined,
        // A value between two gaps has no line to be part of, so it is a point.
        points: { show: true, size: 4, fill: colour(series.colour), filter: (plot, index) => lonely(plot.data[index]) },
        value: (plot, value) => value === null || value === undefined ? '' : number(value) + (panel.unit === 'ms' ? ' ms' : ''),
      })),
    ],
    axes: axes(panel.scale),
    hooks: { drawAxes: [drawGround], draw: [drawLeakMarks], setScale: [remember] },
  };
}

function lonely(values) {
  const isGap = (value) => value === null || value === undefined;
  return [...values.keys()].filter((at) => !isGap(values[at]) && isGap(values[at - 1]) && isGap(values[at + 1]));
}

function remember(plot, key) {
  if (key === 'x') range = { min: plot.scales.x.min, max: plot.scales.x.max };
}

function build() {
  for (const plot of plots) plot.destroy();
  plots = [...document.querySelectorAll('[data-chart]')].map((holder) => {
    const panel = data.panels.find(({ id }) => id === holder.dataset.chart);
    const width = Math.floor(holder.clientWidth);
    return panel
      ? new uPlot(panelOptions(panel, width), [data.at, ...panel.series.map(({ values }) => values)], holder)
      : new uPlot(laneOptions(width), [data.at, data.leaks], holder);
  });
  for (const plot of plots) toggles(plot);
}

// uPlot switches a line off by a click on its name; here the name is a button for the keyboard, too.
function toggles(plot) {
  [...plot.root.querySelectorAll('.u-series')].forEach((row, index) => {
    if (index === 0 || plot.series.length === 2) return;
    const name = row.querySelector('th');
    name.tabIndex = 0;
    name.setAttribute('role', 'button');
    name.setAttribute('aria-pressed', 'true');
    name.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      name.click();
    });
    name.addEventListener('click', () => queueMicrotask(() => name.setAttribute('aria-pressed', String(plot.series[index].show))));
  });
}

function zoom(next) {
  range = { min: Math.max(whole.min, next.min), max: Math.min(whole.max, next.max) };
  for (const plot of plots) plot.setScale('x', range);
  for (const button of document.querySelectorAll('[data-from]')) {
    const same = Number(button.dataset.from) === range.min && Number(button.dataset.to) === range.max;
    button.setAttribute('aria-pressed', String(same));
  }
}

function keys(event) {
  const plot = plots.find(({ root }) => event.currentTarget.contains(root));
  if (event.target !== event.currentTarget || !plot) return;
  const span = range.max - range.min;
  const middle = (range.max + range.min) / 2;
  const moves = {
    '+': () => zoom({ min: middle - span / 4, max: middle + span / 4 }),
    '-': () => zoom({ min: middle - span, max: middle + span }),
    Escape: () => zoom(whole),
    ArrowLeft: () => point(plot, -1),
    ArrowRight: () => point(plot, 1),
  };
  const move = moves[event.key];
  if (!move) return;
  event.preventDefault();
  move();
}

function point(plot, by) {
  const first = data.at.findIndex((at) => at >= range.min);
  const before = plot.cursor.idx ?? first;
  const index = Math.min(data.at.length - 1, Math.max(0, before + by));
  plot.setCursor({ left: plot.valToPos(data.at[index], 'x'), top: plot.over.clientHeight / 2 });
  const words = plot.series.slice(1).map((series, place) => series.label + ' ' + number(plot.data[place + 1][index]));
  reader.textContent = [time(data.at[index]), ...words].join(', ');
}

build();
for (const holder of document.querySelectorAll('[data-chart]')) {
  holder.addEventListener('keydown', keys);
  new ResizeObserver(() => {
    const plot = plots.find(({ root }) => holder.contains(root));
    const width = Math.floor(holder.clientWidth);
    if (plot && width > 0 && plot.width !== width) plot.setSize({ width, height: holder.dataset.chart === 'lane' ? laneHeight(width) + 32 : panelHeight(width) });
  }).observe(holder);
}
for (const button of document.querySelectorAll('[data-from]')) {
  button.addEventListener('click', () => zoom({ min: Number(button.dataset.from), max: Number(button.dataset.to) }));
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', build);
})();
`;
