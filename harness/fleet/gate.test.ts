import { expect, test } from 'vitest';
import { type Gate, gate } from './gate.ts';

test('lets in so many at once, and the others in their order', () => {
  const subject = gate(2);
  const inside = visitors(subject, ['a', 'b', 'c', 'd']);
  expect(inside).toEqual(['a', 'b']);
  subject.leave();
  expect(inside).toEqual(['a', 'b', 'c']);
  subject.leave();
  subject.leave();
  subject.leave();
  visitors(subject, ['e', 'f', 'g'], inside);
  expect(inside).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
});

test('passes over those who gave up, however many, and their places go to the next', () => {
  const subject = gate(1);
  const inside = visitors(subject, ['first']);
  for (let index = 0; index < 50_000; index += 1) subject.enter({ admit: () => false });
  visitors(subject, ['last'], inside);
  subject.leave();
  expect(inside).toEqual(['first', 'last']);
  subject.leave();
  subject.enter({ admit: () => false });
  visitors(subject, ['one more'], inside);
  expect(inside).toEqual(['first', 'last', 'one more']);
});

function visitors(subject: Gate, names: readonly string[], inside: string[] = []): string[] {
  for (const name of names) subject.enter({ admit: () => inside.push(name) > 0 });
  return inside;
}
