import { expect, test } from 'vitest';
import { recordDocument } from './document.ts';

test('docs/record.md is what the tables say; vitest -u writes it again', async () => {
  await expect(recordDocument()).toMatchFileSnapshot('../../docs/record.md');
});
