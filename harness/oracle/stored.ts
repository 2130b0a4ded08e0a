import type { SweepRow } from '../model/rows.ts';
import { counted, findingOf, inconclusive, type RowChecker, violationList } from './checker.ts';
import { judgeStored } from './wrong-stored.ts';

/**
 * What lies in the cache and in the database when all is calm. A leak that left nothing behind was transient; a wrong value that
 * stays under a key is given to everybody who asks for it from now on.
 */
export const stored: RowChecker = {
  name: 'stored',
  says: 'after calm, every value in cache and database lies under its own key and names its own owner',
  begin: (known) => {
    let leaks = 0;
    return {
      shown: ({ foreign }) => {
        if (foreign.length > 0) leaks += 1;
      },
      finding: () => {
        const violations = violationList();
        const stores = { cache: 0, database: 0 };
        const wrong = { cache: 0, database: 0 };
        let unread = 0;
        for (const row of known.record.rows('sweep', columns)) {
          const judged = judgeStored(row, known);
          if (judged.is === 'not-ours') continue;
          if (judged.is === 'unread') {
            unread += 1;
            continue;
          }
          stores[row.store] += 1;
          if (judged.is !== 'wrong') continue;
          wrong[row.store] += 1;
          violations.add(`${judged.says} (${row.store})`, { table: 'sweep', id: row.id });
        }
        const examined = stores.cache + stores.database;
        if (examined === 0)
          return inconclusive(
            'nothing that was stored was read after calm, so nothing was examined',
          );
        const all = `${counted(stores.cache, 'value', 'values')} in the cache and ${stores.database.toLocaleString('en-US')} in the database`;
        const open = unread === 0 ? '' : `; ${unread} too long to be judged`;
        return findingOf(examined, violations, `${all}: ${verdictOn(wrong, leaks)}${open}`);
      },
    };
  },
};

const columns: readonly (keyof SweepRow)[] = [
  'id',
  'store',
  'key',
  'atNs',
  'state',
  'deviceId',
  'eventId',
  'tailDeviceId',
  'value',
];

function verdictOn(
  { cache, database }: { readonly cache: number; readonly database: number },
  leaks: number,
): string {
  const leaked =
    leaks === 0 ? '' : `, and ${counted(leaks, 'stranger was', 'strangers were')} shown`;
  if (cache + database > 0)
    return `the store is poisoned: ${cache} wrong in the cache, ${database} wrong in the database${leaked}`;
  return leaks === 0
    ? 'all under their own keys'
    : `all under their own keys, so what was shown of strangers (${leaks} times) was a transient leak`;
}
