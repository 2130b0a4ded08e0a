const withoutKey = `
  ACL ASKING AUTH BGREWRITEAOF BGSAVE CLIENT CLUSTER COMMAND CONFIG DBSIZE DEBUG DISCARD ECHO EXEC FAILOVER FLUSHALL
  FLUSHDB FUNCTION HELLO INFO KEYS LASTSAVE LATENCY LOLWUT MIGRATE MODULE MONITOR MULTI PING PSUBSCRIBE PSYNC PUBLISH
  PUBSUB PUNSUBSCRIBE QUIT RANDOMKEY READONLY READWRITE REPLCONF REPLICAOF RESET ROLE SAVE SCAN SCRIPT SELECT SENTINEL
  SHUTDOWN SLAVEOF SLOWLOG SPUBLISH SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE SWAPDB SYNC TIME UNSUBSCRIBE UNWATCH WAIT WAITAOF
  XREAD XREADGROUP`;

/** Which argument is the first key, for the commands where it is not argument 1; 0 for those that have none. */
const keyPlaces: ReadonlyMap<string, number> = new Map([
  ...entries(withoutKey, 0),
  ...entries('BITOP MEMORY OBJECT XGROUP XINFO', 2),
  ...entries('EVAL EVAL_RO EVALSHA EVALSHA_RO FCALL FCALL_RO', 3),
]);

/** @returns the place of the first key among the arguments, the name being 0; 0 when the command has none */
export function keyPlaceOf(command: string): number {
  return keyPlaces.get(command) ?? 1;
}

/** Which argument is the value that is stored under the first key as it is. */
const valuePlaces: ReadonlyMap<string, number> = new Map([
  ...entries('SET SETNX GETSET MSET MSETNX', 2),
  ...entries('SETEX PSETEX', 3),
]);

/** @returns the place of the value that the command stores under its first key; 0 when it stores none that is known from it alone */
export function valuePlaceOf(command: string): number {
  return valuePlaces.get(command) ?? 0;
}

function entries(commands: string, place: number): [string, number][] {
  return commands
    .trim()
    .split(/\s+/u)
    .map((command) => [command, place]);
}
