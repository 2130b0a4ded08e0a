#!/usr/bin/env node
// Written for any Node, also for one that is too old for the rest: says what is needed, or hands over to the Node that
// comes with crosswire when the one on PATH cannot run it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { nodeRequirement } from './node-requirement.mjs';

const exitUsage = 64;
const exitOurFault = 70;
const here = path.dirname(fileURLToPath(import.meta.url));
const requirement = nodeRequirement(process.versions.node);

if (requirement.step === 'refuse') {
  console.error(requirement.says);
  process.exitCode = exitUsage;
} else if (requirement.step === 'hand-over') {
  handOver();
} else {
  const program = ['main.js', 'main.ts']
    .map((name) => path.join(here, name))
    .find((file) => existsSync(file));
  void import(pathToFileURL(program).href);
}

/** Runs this file again on the Node that is installed beside crosswire. */
function handOver() {
  let node = '';
  try {
    node = path.join(
      path.dirname(createRequire(import.meta.url).resolve('node/package.json')),
      'bin',
      'node',
    );
  } catch {
    // Said below, like a package without its binary.
  }
  if (!existsSync(node)) {
    console.error(
      'crosswire runs on Node 24, which was not installed beside it: run npm ci again, with install scripts allowed for the package "node"',
    );
    process.exitCode = exitUsage;
    return;
  }
  // The channel tells the program when this process is killed: it then stops and heals as on Ctrl-C.
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => {
    process.exitCode = code === null ? exitOurFault : code;
  });
}
