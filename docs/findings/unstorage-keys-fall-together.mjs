// node unstorage-keys-fall-together.mjs
// Needs unstorage 1.17.6 beside it (npm install unstorage@1.17.6); its memory driver will do, as keys are changed before any driver. Exits 1 when it reproduces.
import { createStorage } from 'unstorage';

const print = (line) => process.stdout.write(`${line}\n`);
const pairs = [
  ['thumbnail?of=anna', 'thumbnail?of=bert'],
  ['anna?', 'anna'],
  ['thumbnail/anna', 'thumbnail:anna'],
  ['thumbnail::anna', 'thumbnail:anna'],
  [':anna:', 'anna'],
];
let together = 0;
for (const [stored, asked] of pairs) {
  const storage = createStorage();
  await storage.setItem(stored, `what is under ${stored}`);
  const got = await storage.getItem(asked);
  if (got !== null) together += 1;
  print(
    `stored ${JSON.stringify(stored)}, asked for ${JSON.stringify(asked)}, got ${JSON.stringify(got)}`,
  );
}
print(`${together} of ${pairs.length} pairs of different keys are one`);
process.exitCode = together > 0 ? 1 : 0;
