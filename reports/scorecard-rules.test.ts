import { expect, test } from 'vitest';
import { scorecardRulesDocument } from './scorecard-rules.ts';

test('docs/scorecard-rules.md is what the rules say; vitest -u writes it again', async () => {
  await expect(scorecardRulesDocument()).toMatchFileSnapshot('../docs/scorecard-rules.md');
});
