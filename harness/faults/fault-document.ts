import { type FaultEntry, serviceFaults, wireFaults } from './fault-entries.ts';

/** docs/faults.md, whole, from the entries. `npx vitest run harness/faults/fault-document.test.ts -u` writes it again. */
export function faultDocument(): string {
  return `${opening}
## On the wire

${tableOf(wireFaults)}
${selectors}
## Of services

A kill is for any cache: of one that is not ours the outage is made on the wire. \`pause\` and \`starve\` need a process of ours
(\`--cache process\`, \`container\` or \`embedded\`), \`loading\`, \`limit-memory\`, \`limit-connections\` and a kill that keeps the data a Redis or Valkey
of ours (\`--cache process\` or \`container\`), the others a topology that the plan asks for. A run whose cache cannot have a fault of its
plan ends with 64 before anything starts, and so does an error in place of an answer that the target's protocol has no word for.

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
