import { lost, type Part } from './part-framer.ts';
import { latin1 } from './text-words.ts';

/** The fields of a message's head that decide where it ends. */
export interface HttpFields {
  /** Values of Content-Length. */
  readonly lengths: readonly string[];
  /** Codings of Transfer-Encoding in lower case, in order. */
  readonly codings: readonly string[];
}

/** What follows the head: so many bytes, chunks, or all until the connection is closed. */
export type BodyPlan =
  | { readonly type: 'bytes'; readonly bytes: number }
  | { readonly type: 'chunks' }
  | { readonly type: 'rest' }
  | { readonly type: 'lost'; readonly because: string };

const fieldsMax = 1_000;
const fieldLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):(.*)$/u;

/** Reads header lines up to the empty one. Source: RFC 9112, section 5. */
export function readFields(next: (fields: HttpFields) => Part): Part {
  const lengths: string[] = [];
  const codings: string[] = [];
  let count = 0;
  const readLine: Part = {
    type: 'line',
    next: (line) => {
      if (line.length === 0) return next({ lengths, codings });
      count += 1;
      if (count > fieldsMax) return lost(`a head has more fields than ${fieldsMax}`);
      const [, name = '', value = ''] = fieldLine.exec(latin1(line)) ?? [];
      if (name === '') return lost('a line of a head is no field, or a folded one');
      if (name.toLowerCase() === 'content-length') lengths.push(...listOf(value));
      if (name.toLowerCase() === 'transfer-encoding') {
        codings.push(...listOf(value.toLowerCase()));
      }
      return readLine;
    },
  };
  return readLine;
}

/**
 * Where a body ends by its head alone. Source: RFC 9112, section 6.3.
 * @param version of HTTP, for example `1.1`
 */
export function bodyOf({ lengths, codings }: HttpFields, version: string): BodyPlan | null {
  if (codings.length > 0) {
    if (version === '1.0') return { type: 'lost', because: 'HTTP/1.0 knows no transfer coding' };
    return codings.at(-1) === 'chunked' ? { type: 'chunks' } : { type: 'rest' };
  }
  const [length] = lengths;
  if (length === undefined) return null;
  const isOne = lengths.every((other) => other === length);
  if (!isOne || !/^\d{1,15}$/u.test(length)) {
    return { type: 'lost', because: 'Content-Length is not one number' };
  }
  return { type: 'bytes', bytes: Number(length) };
}

function listOf(value: string): string[] {
  return value
    .split(',')
    .map((word) => word.replaceAll(/^[ \t]+|[ \t]+$/gu, ''))
    .filter((word) => word !== '');
}
