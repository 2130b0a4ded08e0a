import { expect, test } from 'vitest';
import { tagOf } from '../thumbnail/picture-code.ts';
import { tagBook } from './tag-book.ts';

const check = { key: 7 };
const event = { ownerId: 'user-1', deviceId: 'door-1', eventId: 'event-1', version: 1 };

test('names the thumbnail and the clip of every event that was noted, also after it was asked', () => {
  const book = tagBook(check);
  const later = { ...event, eventId: 'event-2' };
  const tag = tagOf({ ...later, kind: 'clip' }, check);
  book.note(event);
  expect(book.named(tagOf({ ...event, kind: 'thumbnail' }, check))).toEqual({
    ...event,
    kind: 'thumbnail',
  });
  expect(book.named(tag)).toBeNull();
  book.note(later);
  expect(book.named(tag)).toEqual({ ...later, kind: 'clip' });
});

test('names nobody by a tag that two have', () => {
  const book = tagBook(check);
  const tag = tagOf({ ...event, kind: 'thumbnail' }, check);
  book.note(event);
  book.note(event);
  expect(book.named(tag)).toBeNull();
});
