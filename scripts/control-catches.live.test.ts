import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckedFinding, CheckName } from '../harness/model/finding.ts';
import { miniRun } from '../harness/processes/mini-run.ts';
import { type Control, defineControl, type Trigger } from '../targets/controls/define-control.ts';
import { controls } from '../targets/controls/index.ts';
import { openRespClient } from '../targets/controls/resp-client.ts';
import {
  type Catch,
  catchControl,
  findingsOf,
  miniRunChecks,
  safetyChecks,
} from './control-catch.ts';
import { inLanes } from './lanes.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'crosswire-catches-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const runsMs = 300_000;
/** Each takes three and a half seconds, and a seventh of a core. */
const sideBySide = 4;

describe('what is broken on purpose', () => {
  const catches = new Map<string, Catch>();
  beforeAll(async () => {
    const jobs = Object.entries(controls).map(([name, load]) => async () => {
      catches.set(name, await catchControl(await load(), { folder, seed: 1 }));
    });
    await inLanes(sideBySide, jobs);
  }, runsMs);

  test.each(Object.keys(controls))('%s is caught by the checks that it names', (name) => {
    expect(catches.get(name)).toMatchObject({ missedBy: [] });
  });
});

const examinedAlways: ReadonlySet<CheckName> = new Set(['own-data-only', 'mapping', 'intact']);

describe('a correct client under the same trigger', () => {
  const findings = new Map<string, readonly CheckedFinding[]>();
  beforeAll(async () => {
    const triggers = await inLanes(
      1,
      Object.values(controls).map((load) => async () => load()),
    );
    await inLanes(
      sideBySide,
      [...distinctTriggers(triggers)].map(([name, { trigger }]) => async () => {
        for (const pace of [1, 2, 4]) {
          const own = path.join(folder, `correct-under-${name}-${pace}`);
          mkdirSync(own);
          const record = await miniRun({
            target: correctUnder(trigger),
            library: null,
            version: '',
            trigger,
            seed: 1,
            pace,
            folder: own,
            checks: miniRunChecks,
          });
          findings.set(name, findingsOf(record, own));
          // On a machine that has other things to do, nothing may come of a fast run.
          if (!findings.get(name)?.some(isOpen)) break;
        }
      }),
    );
  }, runsMs);

  test.each(Object.keys(controls))('violates nothing (%s)', async (name) => {
    const control = await controls[name]!();
    const all = findings.get(nameOfTrigger.get(JSON.stringify(control.trigger)) ?? '') ?? [];
    const failed = all.filter(
      ({ check, outcome }) => safetyChecks.has(check) && outcome === 'fail',
    );
    expect(failed).toEqual([]);
    const passed = all.filter(({ outcome }) => outcome === 'pass').map(({ check }) => check);
    expect(passed).toEqual(expect.arrayContaining([...examinedAlways]));
  });
});

function isOpen({ check, outcome }: CheckedFinding): boolean {
  return outcome === 'inconclusive' && examinedAlways.has(check);
}

/** Under which control's name each trigger is run. */
const nameOfTrigger = new Map<string, string>();

function distinctTriggers(all: readonly Control[]): ReadonlyMap<string, Control> {
  const distinct = new Map<string, Control>();
  for (const control of all) {
    const key = JSON.stringify(control.trigger);
    if (nameOfTrigger.has(key)) continue;
    nameOfTrigger.set(key, control.name);
    distinct.set(control.name, control);
  }
  return distinct;
}

/** Next to another cloud it selects a database of its own, on every connection. */
function correctUnder({ neighbour = false }: Trigger): Control {
  return defineControl({
    name: 'the client that controls are built on',
    bug: 'none',
    caughtBy: [],
    hop: 'client-library',
    trigger: { says: 'nothing' },
    open: async (options) =>
      openRespClient(options, neighbour ? { greeting: () => ['SELECT', '1'] } : {}),
  });
}
