import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { faultDocument } from './fault-document.ts';
import { serviceFaults, wireFaults } from './fault-entries.ts';
import { toxiproxyRefusal } from './toxiproxy-rules.ts';

const root = new URL('../../', import.meta.url);

test('docs/faults.md is what the entries say; vitest -u writes it again', async () => {
  await expect(faultDocument()).toMatchFileSnapshot('../../docs/faults.md');
});

test.for(Object.entries({ ...wireFaults, ...serviceFaults }))(
  '%s was seen by a test that is there',
  ([, { seenBy }]) => {
    const source = readFileSync(new URL(seenBy.file, root), 'utf8');
    expect(source).toContain(`'${seenBy.test}'`);
  },
);

test('what the page says of Toxiproxy is what that engine refuses', () => {
  const refusal = toxiproxyRefusal([{ type: 'cut-idle', how: 'fin', timesMax: 1 }]) ?? '';
  const [, names = ''] = /need the wire engine: (.*);/u.exec(refusal) ?? [];
  const wireOnly = Object.entries(wireFaults).flatMap(([name, { toxiproxy }]) =>
    toxiproxy === null ? [name] : [],
  );
  expect(names.split(', ').toSorted()).toEqual(wireOnly.toSorted());
});
