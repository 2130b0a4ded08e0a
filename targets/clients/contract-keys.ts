import type { CacheClient, CacheProtocol } from '../../harness/model/target.ts';

/** Keys that a client may trip over, with words for a test's name. */
export const awkwardKeys: readonly { readonly says: string; readonly key: string }[] = [
  { says: 'a key with a space', key: 'a b' },
  { says: 'a key with a line end', key: 'line\r\nend' },
  { says: 'a key that goes on as a command', key: 'x\r\nget witness:1 witness:2' },
  { says: 'a key with a zero byte', key: 'zero\0byte' },
  { says: 'a key with a tab', key: 'tab\tkey' },
  { says: 'an empty key', key: '' },
  { says: 'a key with a hash tag', key: '{hash}tag' },
  { says: 'a key that looks like a pattern', key: '*?[pattern]' },
  { says: 'a key that looks like a replacement', key: "$$-$&-$'-$1" },
  { says: 'a key beyond ASCII', key: 'Tür-🚪' },
  { says: 'the key __proto__', key: '__proto__' },
  { says: 'the key constructor', key: 'constructor' },
  { says: 'the key 0', key: '0' },
  // A neighbour of each has one more byte.
  { says: 'a key of 249 bytes', key: 'x'.repeat(249) },
  { says: 'a key of 251 bytes', key: 'y'.repeat(251) },
  { says: 'a key of 200 characters and 400 bytes', key: 'ü'.repeat(200) },
  { says: 'a key of 5,000 bytes', key: 'x'.repeat(5_000) },
];

/** Whether a server takes such a key: memcached's have 1 to 250 bytes, none of them a control character or whitespace (protocol.txt, Keys). */
export function isTakenBy(protocol: CacheProtocol, key: string): boolean {
  if (protocol === 'resp') return true;
  const bytes = Buffer.from(key);
  const isOfBytes = bytes.every((byte) => byte > 0x20 && byte !== 0x7f);
  return bytes.byteLength > 0 && bytes.byteLength <= 250 && isOfBytes;
}

/**
 * What goes wrong with a key that a client may trip over; nothing when it is as it should be: values under it and under its neighbour are kept
 * apart, or it is refused, as a key that the server does not take may be, and calls for other keys get their own values all the while.
 */
export async function troubleWithKey(
  client: CacheClient,
  { protocol, key }: { readonly protocol: CacheProtocol; readonly key: string },
): Promise<readonly string[]> {
  const { isRefused, harm } = await harmOf(client, key);
  if (harm.length > 0 || (isRefused && !isTakenBy(protocol, key))) return harm;
  return mixedUp(client, key);
}

/** Stores, reads and deletes under a key in the midst of reads of others. */
async function harmOf(
  client: CacheClient,
  key: string,
): Promise<{ readonly isRefused: boolean; readonly harm: readonly string[] }> {
  const witnesses = Array.from({ length: 8 }, (_, index) => `witness:${index}`);
  for (const witness of witnesses) await client.set(witness, Buffer.from(witness), 60_000);
  const harm: string[] = [];
  const readAll = async (when: string): Promise<void> => {
    const got = await Promise.all(witnesses.map(async (each) => told(client.get(each))));
    for (const [index, witness] of witnesses.entries())
      if (got[index] !== witness) harm.push(`${when}, ${witness} gave ${got[index]}`);
  };
  const calls: readonly (readonly [name: string, call: () => Promise<unknown>])[] = [
    ['set', async () => client.set(key, Buffer.from('awkward'), 60_000)],
    ['get', async () => client.get(key)],
    ['page', async () => client.getMany([key, 'witness:3'])],
    ['delete', async () => client.delete(key)],
  ];
  let isRefused = false;
  for (const [name, call] of calls) {
    const isDone = call().then(
      () => true,
      () => false,
    );
    await readAll(`during the ${name}`);
    if (name === 'set') isRefused = !(await isDone);
    await readAll(`after the ${name}`);
    // A client that is out of step stays so; each further call would wait for its time to pass.
    if (harm.length > 0) break;
  }
  return { isRefused, harm };
}

async function mixedUp(client: CacheClient, key: string): Promise<readonly string[]> {
  const neighbour = `${key}2`;
  await client.set(key, Buffer.from('its own'), 60_000);
  await client.set(neighbour, Buffer.from('a neighbour'), 60_000);
  const page = client.getMany([neighbour, key]);
  const [own, first, second] = await Promise.all([
    told(client.get(key)),
    told(page.then((values) => values[0])),
    told(page.then((values) => values[1])),
  ]);
  const steps: (readonly [call: string, got: string, expected: string])[] = [
    ['get', own, 'its own'],
    ['first of a page', first, 'a neighbour'],
    ['second of a page', second, 'its own'],
  ];
  await client.delete(key);
  steps.push(['get after delete', await told(client.get(key)), 'nothing']);
  steps.push(['get of the neighbour', await told(client.get(neighbour)), 'a neighbour']);
  return steps.flatMap(([call, got, expected]) =>
    got === expected ? [] : [`${call} gave ${got} and not ${expected}`],
  );
}

async function told(get: Promise<Uint8Array | undefined>): Promise<string> {
  return get.then(
    (value) => (value === undefined ? 'nothing' : Buffer.from(value).toString('latin1')),
    String,
  );
}
