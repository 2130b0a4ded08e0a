import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AffectedPerson } from '../harness/model/finding.ts';
import { affectedCsv } from './affected-csv.ts';

const person = (changes: Partial<AffectedPerson>): AffectedPerson => ({
  userId: 'user-1',
  side: 'received',
  counterpartId: 'user-2',
  deviceId: 'device-2',
  eventId: 'event-9',
  surface: 'thumbnail',
  firstAtMs: 1234.5,
  times: 3,
  tapped: true,
  ...changes,
});

test('a header, then a line for each entry, each ended by CR LF', () => {
  const lines = [
    ...affectedCsv([person({}), person({ side: 'exposed', counterpartId: null, tapped: false })]),
  ];
  expect(lines).toEqual([
    'user,side,counterpart,device,event,surface,first_at_ms,times,tapped\r\n',
    'user-1,received,user-2,device-2,event-9,thumbnail,1234.500,3,yes\r\n',
    'user-1,exposed,,device-2,event-9,thumbnail,1234.500,3,no\r\n',
  ]);
});

test('lines come one at a time, before the next entry is asked for', () => {
  let asked = 0;
  const endless = function* (): Generator<AffectedPerson> {
    for (;;) {
      asked += 1;
      yield person({ userId: `user-${asked}` });
    }
  };
  const lines = affectedCsv(endless());
  lines.next();
  expect(asked).toBe(0);
  expect(lines.next().value).toMatch(/^user-1,/);
  expect(asked).toBe(1);
});

test.for([
  ['=HYPERLINK("http://a.example";"b")', `"'=HYPERLINK(""http://a.example"";""b"")"`],
  ['+1', `"'+1"`],
  ['-2+3', `"'-2+3"`],
  ['@SUM(A1)', `"'@SUM(A1)"`],
  ['\t=1', `"'\t=1"`],
  [' =1', `"' =1"`],
  ['\uFF1D1', `"'\uFF1D1"`],
  ['a,b', '"a,b"'],
  ['say "hello"', '"say ""hello"""'],
  ['two\r\nlines', '"two\r\nlines"'],
  ['<b>bold</b>', '<b>bold</b>'],
  ['a\uD800', 'a\uFFFD'],
  ['', ''],
] as const)('the name %j is written as %j', ([name, cell]) => {
  const [, line] = affectedCsv([person({ userId: name })]);
  expect(line).toBe(`${cell},received,user-2,device-2,event-9,thumbnail,1234.500,3,yes\r\n`);
});

test('whatever the names are, a reader by RFC 4180 gets nine cells back, and none begins like a formula', () => {
  const name = fc.string({ unit: fc.constantFrom('=', '+', '"', ',', '\r', '\n', "'", 'a', ' ') });
  fc.assert(
    fc.property(name, name, name, (userId, deviceId, eventId) => {
      const [, line = ''] = affectedCsv([person({ userId, deviceId, eventId })]);
      const cells = read(line);
      expect(cells).toHaveLength(9);
      expect([cells[0], cells[3], cells[4]].map((cell) => cell?.replace(/^'/, ''))).toEqual(
        [userId, deviceId, eventId].map((text) => text.replace(/^'/, '')),
      );
      for (const cell of cells) expect(cell).not.toMatch(/^\s*[=+@-]/);
    }),
  );
});

/** One line by RFC 4180, section 2. */
function read(line: string): readonly string[] {
  expect(line.endsWith('\r\n')).toBe(true);
  const cells: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  while (cell.lastIndex < line.length) {
    const found = cell.exec(line);
    if (found === null) throw new Error(`not CSV: ${JSON.stringify(line)}`);
    cells.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
  }
  return cells;
}
