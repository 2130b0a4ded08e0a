import { fieldOf } from './recipe-redis.ts';

/** What a primary has written so far, in bytes of its replication stream, by its `INFO replication`. */
export function writtenOffset(information: string): number {
  return Number(fieldOf(information, 'master_repl_offset') ?? Number.NaN);
}

/**
 * Whether, by what its primary says in `INFO replication`, the one replica is through its first synchronisation and has what was
 * written up to an offset. One that is not could be promoted without data that its primary had accepted.
 */
export function hasCaughtUp(information: string, offset: number): boolean {
  const replica = new Map(
    (fieldOf(information, 'slave0') ?? '')
      .split(',')
      .map((field): [string, string] => [
        field.slice(0, field.indexOf('=')),
        field.slice(field.indexOf('=') + 1),
      ]),
  );
  return replica.get('state') === 'online' && Number(replica.get('offset')) >= offset;
}
