/**
 * What judging costs: `node bench/judge.ts [requests]` writes two records through the real writer, of that many requests and of ten times
 * as many (100,000 unless told), judges each with every check in a process of its own, and prints processor seconds (a busy machine does not
 * change them much), seconds and the peak of its memory.
 * One request of ten is an upload or a login, the others show what a visit shows: two pictures or list entries a request.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plan } from '../harness/model/plan.ts';
import type { OpRow, ShownRow } from '../harness/model/rows.ts';
import { checks } from '../harness/oracle/checks.ts';
import { judge } from '../harness/oracle/verdict.ts';
import { createRecord, finishRecord } from '../harness/record/join.ts';
import { openPart, type PartWriter } from '../harness/record/part.ts';
import { openRecord } from '../harness/record/reader.ts';

const USERS = 1_000;
const SHOWN_PER_REQUEST = 2;
const UPLOAD_EVERY = 10;
const SECOND = 1_000_000_000;

const plan: Plan = {
  format: 1,
  scenario: 'bench',
  seed: 1,
  population: {
    users: Array.from({ length: USERS }, (_, index) => ({
      userId: userOf(index),
      name: userOf(index),
      subscription: 'standard',
      role: 'viewer',
    })),
    devices: Array.from({ length: USERS }, (_, index) => ({
      deviceId: deviceOf(index),
      name: deviceOf(index),
      ownerId: userOf(index),
      sharedWith: [userOf((index + 1) % USERS)],
      backOff: { policy: 'immediate', delayMs: 10 },
    })),
  },
  habits: { tapShare: 0.1, thinkMsMin: 1, thinkMsMax: 2, pageSize: 10 },
  heartbeatMs: 1000,
  steps: [],
  checks: checks.map(({ name }) => name),
  requestDeadlineMs: 2000,
  deadlineMs: 10_000,
};

function userOf(index: number): string {
  return `user-${String(index).padStart(4, '0')}`;
}

function deviceOf(index: number): string {
  return `device-${String(index).padStart(5, '0')}`;
}

function write(path: string, requests: number): void {
  createRecord(path, {
    scenario: plan.scenario,
    seed: plan.seed,
    target: 'none',
    targetVersion: '0.0.0',
    cache: 'none',
    plan: JSON.stringify(plan),
    environment: '{}',
    startedAt: '2026-01-02T03:04:05.000Z',
  });
  const part = `${path}.all.part`;
  {
    using writer = openPart({ path: part, name: 'all', writer: 1 });
    for (const [place, name] of ['warm', 'outage', 'herd', 'calm'].entries())
      writer.phase({
        id: writer.nextId('phase'),
        name,
        fromNs: place * 10 * SECOND,
        toNs: (place + 1) * 10 * SECOND,
      });
    // One device in a hundred is unshared on the way, so that histories are asked too.
    for (let index = 0; index < USERS; index += 100)
      writer.change({
        id: writer.nextId('change'),
        kind: 'unshare',
        deviceId: deviceOf(index),
        byUserId: userOf(index),
        otherUserId: userOf((index + 2) % USERS),
        requestId: `change-${index}`,
        requestedNs: SECOND,
        doneNs: 2 * SECOND,
        outcome: 'ok',
      });
    for (let index = 0; index < requests; index += 1)
      writeRequest(writer, index, Math.round((index / requests) * 39 * SECOND));
    writer.close();
    const failure = writer.failure();
    if (failure !== undefined) throw failure;
  }
  finishRecord({ path, parts: [part], state: 'complete', reason: '' });
}

function writeRequest(writer: PartWriter, index: number, sentNs: number): void {
  const upload = index % UPLOAD_EVERY === 0;
  const person = Math.floor(index / UPLOAD_EVERY) % USERS;
  const eventId = `event-${Math.floor(index / UPLOAD_EVERY)}`;
  const id = writer.nextId('op');
  const op: OpRow = {
    id,
    actorKind: upload ? 'camera' : 'viewer',
    actorId: upload ? deviceOf(person) : userOf(person),
    canary: false,
    kind: upload ? 'upload' : 'thumbnails',
    requestId: `r-${index}`,
    intendedNs: sentNs,
    sentNs,
    doneNs: sentNs + 1,
    outcome: 'ok',
    status: 200,
    toldUserId: upload ? null : userOf(person),
    askedEventId: upload ? eventId : null,
    askedDeviceId: null,
    version: upload ? 1 : null,
    credential: 'session',
    cookieUserId: null,
    webCache: null,
    error: null,
  };
  writer.op(op);
  if (upload) return;
  const shown: Omit<ShownRow, 'id'> = {
    opId: id,
    viewerId: op.actorId,
    canary: false,
    swapped: false,
    surface: 'thumbnail',
    requestedNs: sentNs,
    shownNs: sentNs + 1,
    askedEventId: eventId,
    askedDeviceId: null,
    state: 'intact',
    ownerId: op.actorId,
    deviceId: deviceOf(person),
    eventId,
    version: 1,
    tailDeviceId: null,
    bytes: 5000,
    digest: null,
  };
  for (let place = 0; place < SHOWN_PER_REQUEST; place += 1)
    writer.shown({ id: writer.nextId('shown'), ...shown });
}

function judgeAndPrint(path: string, folder: string): void {
  const started = performance.now();
  const startedBusy = process.cpuUsage();
  using record = openRecord(path, { scratchFolder: folder });
  const verdict = judge(record);
  const seconds = (performance.now() - started) / 1e3;
  const { user, system } = process.cpuUsage(startedBusy);
  const busySeconds = ((user + system) / 1e6).toFixed(1);
  const mebibytesMost = process.resourceUsage().maxRSS / 1024;
  const ops = record.count('op');
  const rows = ops + record.count('shown');
  const wrong = verdict.findings
    .filter(({ outcome }) => outcome === 'fail')
    .map(({ check }) => check);
  console.log(
    `${ops.toLocaleString('en-US')} requests, ${rows.toLocaleString('en-US')} rows: ${busySeconds} s of the processor in ${seconds.toFixed(1)} s, peak ${mebibytesMost.toFixed(0)} MiB${wrong.length === 0 ? '' : `; failed: ${wrong.join(', ')}`}`,
  );
}

const [first, second] = process.argv.slice(2);
if (first === '--judge' && second !== undefined) {
  judgeAndPrint(second, join(second, '..'));
} else {
  const requests = Number(first ?? 100_000);
  const folder = mkdtempSync(join(tmpdir(), 'crosswire-bench-judge-'));
  try {
    for (const count of [requests, requests * 10]) {
      const path = join(folder, `${count}.sqlite`);
      write(path, count);
      console.log(`${(statSync(path).size / 1_048_576).toFixed(0)} MiB written`);
      execFileSync(process.execPath, [import.meta.filename, '--judge', path], { stdio: 'inherit' });
      rmSync(path);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
