import { type FaultEntry, serviceFaults, wireFaults } from './fault-entries.ts';

/** docs/faults.md, whole, from the entries. `npx vitest run harness/faults/fault-document.test.ts -u` writes it again. */
export function faultDocument(): string {
  return `${opening}
## On the wire

${tableOf(wireFaults)}
${selectors}
## Of services

These need a service of our own (\`--cache process\`, and where a process will do \`--cache embedded\`).

${tableOf(serviceFaults)}`;
}

const opening = `# Faults

Each fault is one that a correct server on a real network can show. Installing one gives a guard, and leaving the guard heals: what is
held goes on in order, the port is open again, who waits is served. On a connection that lives on, the client is given a
prefix of what a correct server could have said, byte for byte and in order; a property test holds all rules to it
(harness/wire/soundness.test.ts). This page is made from harness/faults/fault-entries.ts.

The test in the last column watched the fault from the client's side of a real socket: the RST as ECONNRESET, the bytes
before it counted, a hold measured.
`;

const selectors = `
A rule on replies or commands has a selector: \`kind\` (\`read\` or \`write\`, in any protocol), \`commands\`, \`keyPrefix\`, \`keyPattern\` (\`*\` and \`?\`), \`connections\` (ordinals over the
run), \`positionMin\` and \`positionMax\` (of the command on its connection), \`burstSizeMin\`, \`nth\` (of all that match). Its budget is \`timesMax\`,
and \`window\` in milliseconds since its installation; for a phase, the timeline installs it when the phase begins and leaves it
when that ends. Of several rules the one that was installed first decides a reply, alone. A rule on connections (\`stop-reading\`,
\`delay-close\`, \`drop-bytes\`, \`limit-bytes\`) has \`connections\` and a budget. Bytes that answer no command, such as pushes, are late
only behind a reply that is.

Toxiproxy does what it can for every reply and every connection, and its column says what differs there. For the rest see [toxiproxy.md](toxiproxy.md).

An error in place of an answer is given to commands that a server in that state would refuse, and to no others: READONLY and OOM to
writes, LOADING not to AUTH or INFO. Commands of a transaction, subscriptions and HELLO are left alone, and so are commands of more than
1 MiB, which are not held back. With memcached SERVER_ERROR is for the text protocol, not for the binary one.

What the system refuses while the port is closed is not seen by the wire: \`refuse-new-connections\` counts the closing as its one bite,
\`refuse-connections\` the connections that it ended.

`;

function tableOf(entries: Readonly<Record<string, FaultEntry>>): string {
  const rows = Object.entries(entries).map(([name, { says, onTheWire, toxiproxy, seenBy }]) => {
    const engine = toxiproxy === null ? 'ours' : `ours; Toxiproxy: ${toxiproxy}`;
    const test = `${seenBy.test} (${seenBy.file})`;
    return `| \`${name}\` | ${says} | ${onTheWire} | ${engine} | ${test} |`;
  });
  return `| fault | what it does | what passes on the wire | engine | seen by |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}
