import type { CommandKind } from '../model/fault.ts';
import { writes } from './refused-commands.ts';

/** @returns whether a command, in upper case, is of this kind, in whichever protocol that is a word */
export function isOfKind(kind: CommandKind, command: string): boolean {
  return kind === 'read' ? reads.has(command) : writes.has(command) || otherWrites.has(command);
}

/** Their replies hold stored values. Some of them write as well. */
const reads: ReadonlySet<string> = wordSet(`
  GET MGET GETRANGE SUBSTR GETEX GETDEL GETSET HGET HMGET HGETALL HVALS HGETEX HGETDEL LINDEX LRANGE SMEMBERS SRANDMEMBER SINTER
  SUNION SDIFF ZRANGE ZREVRANGE ZRANGEBYSCORE ZREVRANGEBYSCORE ZRANGEBYLEX ZREVRANGEBYLEX XRANGE XREVRANGE XREAD JSON.GET JSON.MGET
  GETS GAT GATS MG GETQ GETK GETKQ GATQ GATK GATKQ`);

/** Those of memcached, in text, meta and binary, and of HTTP. A word that two protocols have writes in both. */
const otherWrites: ReadonlySet<string> = wordSet(`
  SET ADD REPLACE APPEND PREPEND CAS INCR DECR DELETE TOUCH GAT GATS FLUSH_ALL MS MD MA
  SETQ ADDQ REPLACEQ APPENDQ PREPENDQ INCREMENT INCREMENTQ DECREMENT DECREMENTQ DELETEQ FLUSH FLUSHQ GATQ GATK GATKQ
  POST PUT PATCH`);

function wordSet(words: string): ReadonlySet<string> {
  return new Set(words.trim().split(/\s+/u));
}
