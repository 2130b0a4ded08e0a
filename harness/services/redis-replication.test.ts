import { expect, test } from 'vitest';
import { hasCaughtUp, writtenOffset } from './redis-replication.ts';

const told = (replica: string): string =>
  `# Replication\r\nrole:master\r\nconnected_slaves:1\r\n${replica}\r\nmaster_repl_offset:1400\r\n`;

test.for([
  ['one that waits for its first copy', 'state=wait_bgsave,offset=0,lag=0', false],
  ['one that is being sent it', 'state=send_bulk,offset=0,lag=0', false],
  ['one that is online and has confirmed nothing yet', 'state=online,offset=0,lag=0', false],
  ['one that is a byte behind', 'state=online,offset=1399,lag=1', false],
  ['one that has everything', 'state=online,offset=1400,lag=0', true],
  ['one that has later things too', 'state=online,offset=1500,lag=0', true],
] as const)('%s has caught up: %s, %s', ([, replica, expected]) => {
  const information = told(`slave0:ip=127.0.0.1,port=7002,${replica}`);
  expect(writtenOffset(information)).toBe(1_400);
  expect(hasCaughtUp(information, 1_400)).toBe(expected);
});

test('a primary without a replica, or one that is none, has nobody who caught up', () => {
  expect(hasCaughtUp(told('slave_expires_tracked_keys:0'), 0)).toBe(false);
  expect(hasCaughtUp('role:slave\r\n', writtenOffset('role:slave\r\n'))).toBe(false);
});
