import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seededRng } from '../plan/rng.ts';
import { createRecord, finishRecord } from './join.ts';
import { openPart } from './part.ts';
import { openRecord } from './reader.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crosswire-live-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const header = {
  scenario: 'cache-outage',
  seed: 7,
  target: 'ioredis',
  targetVersion: '6.0.0',
  cache: 'embedded',
  plan: '{}',
  environment: '{}',
  startedAt: '2026-01-02T03:04:05.000Z',
};

/** A process that writes rows in batches of 20 and, after each batch, says how many are in the file by its own account. */
function startWriter(path: string): ChildProcess {
  const module = new URL('./part.ts', import.meta.url).href;
  const program = `
    const { openPart } = await import(${JSON.stringify(module)});
    const part = openPart({ path: ${JSON.stringify(path)}, name: 'fleet', writer: 1, batchRows: 20 });
    for (let row = 0; row < 2_000_000 && part.failure() === undefined; row += 1) {
      part.origin({ id: part.nextId('origin'), key: 'thumb:' + row, atNs: row, requestId: null, digest: null });
      if (row % 20 === 19) process._rawDebug(String(part.rowsWritten()));
    }`;
  return spawn(process.execPath, ['--input-type=module', '--no-warnings', '--eval', program], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

test('a writer that is killed at any moment leaves a part that joins, with every batch it had reported', async () => {
  const rng = seededRng(20_240_216);
  for (let round = 0; round < 8; round += 1) {
    const path = join(folder, `fleet-${round}.part`);
    const writer = startWriter(path);
    let said = '';
    writer.stderr!.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const gone = once(writer, 'close');
    try {
      await once(writer.stderr!, 'data');
      await sleep(rng.integer(0, 120));
    } finally {
      writer.kill('SIGKILL');
      await gone;
    }
    const reported = Number(said.split('\n').at(-2));
    const main = join(folder, `run-${round}.sqlite`);
    createRecord(main, header);
    const finished = finishRecord({ path: main, parts: [path], state: 'complete', reason: '' });
    expect(finished).toEqual({
      state: 'failed',
      reason: 'the writer fleet did not end properly, so its last rows are missing',
    });
    using reader = openRecord(main, { scratchFolder: folder });
    const ids = [...reader.rows('origin', ['id'])].map((row) => row.id - 2 ** 40);
    expect(ids.length).toBeGreaterThanOrEqual(reported);
    expect(ids.length % 20).toBe(0);
    expect(ids.at(-1)).toBe(ids.length);
    expect(readdirSync(folder).filter((name) => name.startsWith('fleet'))).toEqual([]);
  }
});

test('a process that is killed while it joins leaves a record that says it is running, or a whole one', async () => {
  const rng = seededRng(13_000);
  for (let round = 0; round < 8; round += 1) {
    const main = join(folder, `run-${round}.sqlite`);
    const path = join(folder, `fleet-${round}.part`);
    createRecord(main, header);
    const part = openPart({ path, name: 'fleet', writer: 1 });
    for (let row = 0; row < 20_000; row += 1)
      part.origin({
        id: part.nextId('origin'),
        key: `thumb:${row}`,
        atNs: row,
        requestId: null,
        digest: null,
      });
    part.close();
    const module = new URL('./join.ts', import.meta.url).href;
    const finish = `
      const { finishRecord } = await import(${JSON.stringify(module)});
      process._rawDebug('joining');
      finishRecord(${JSON.stringify({ path: main, parts: [path], state: 'complete', reason: '' })});`;
    const joiner = spawn(process.execPath, ['--input-type=module', '--no-warnings', '-e', finish], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const gone = once(joiner, 'close');
    try {
      await once(joiner.stderr, 'data');
      await sleep(rng.integer(0, 25));
    } finally {
      joiner.kill('SIGKILL');
      await gone;
    }
    using reader = openRecord(main, { scratchFolder: folder });
    const { state } = reader.run();
    const rows = reader.count('origin');
    const partIsThere = existsSync(path);
    // Between the commit and the removal of the part both are whole, which is harmless.
    expect(state === 'complete' ? { state, rows } : { state, rows, partIsThere }).toEqual(
      state === 'complete'
        ? { state, rows: 20_000 }
        : { state: 'running', rows: 0, partIsThere: true },
    );
  }
});

test('a disk that is really full stops the part with one clear error, and the record fails', (ctx) => {
  const disk = join(folder, 'disk');
  spawnSync('mkdir', [disk]);
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', disk]);
  ctx.skip(mount.status !== 0, `a small tmpfs cannot be mounted here: ${String(mount.stderr)}`);
  try {
    const main = join(disk, 'run.sqlite');
    const path = join(disk, 'fleet.part');
    createRecord(main, header);
    const failures: string[] = [];
    const part = openPart({
      path,
      name: 'fleet',
      writer: 1,
      onFailure: (error) => failures.push(error.message),
    });
    for (let row = 0; row < 50_000; row += 1)
      part.origin({
        id: part.nextId('origin'),
        key: `thumb:${row}`,
        atNs: row,
        requestId: null,
        digest: null,
      });
    part.close();
    expect(failures).toHaveLength(1);
    expect(failures[0]).toContain(`the record could not be written: disk full at ${path}`);
    const finished = finishRecord({ path: main, parts: [path], state: 'complete', reason: '' });
    expect(finished).toEqual({
      state: expect.stringMatching(/^(failed|running)$/u),
      reason: expect.stringContaining('disk full'),
    });
    using reader = openRecord(main, { scratchFolder: folder });
    expect(reader.run().state).not.toBe('complete');
  } finally {
    spawnSync('umount', [disk]);
  }
});

test('a disk that is full before the first row refuses the record in one line', (ctx) => {
  const disk = join(folder, 'disk');
  spawnSync('mkdir', [disk]);
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
  ctx.skip(mount.status !== 0, `a small tmpfs cannot be mounted here: ${String(mount.stderr)}`);
  try {
    writeFileSync(join(disk, 'filler'), Buffer.alloc(60 * 1024));
    expect(() => createRecord(join(disk, 'run.sqlite'), header)).toThrow(
      /^the record could not be written: .*run\.sqlite/u,
    );
  } finally {
    spawnSync('umount', [disk]);
  }
});
