import type { RedisConsole, StartedService } from '../model/service.ts';
import { unable } from './guard.ts';

/** Opens a console, or says that the service in use has none. */
export async function consoleOf(
  { openConsole, says }: StartedService,
  kind: string,
): Promise<RedisConsole> {
  if (openConsole === undefined)
    throw unable(kind, says, 'a redis-server or valkey-server of our own');
  return openConsole();
}

/** Sets one setting and gives what it was. */
export async function changeSetting(
  console: RedisConsole,
  name: string,
  value: string,
): Promise<string> {
  const [, before = ''] = (await console.say('CONFIG', 'GET', name)).split(' ');
  await console.say('CONFIG', 'SET', name, value);
  return before;
}

export async function information(console: RedisConsole, section: string): Promise<string> {
  return console.say('INFO', section);
}

/** A number of INFO, also behind `count=`; 0 for one that is not there, as INFO leaves out what never happened. */
export function numberIn(text: string, name: string): number {
  const found = new RegExp(`^${name}:(?:count=)?(?<value>\\d+)`, 'm').exec(text);
  return Number(found?.groups?.['value'] ?? 0);
}
