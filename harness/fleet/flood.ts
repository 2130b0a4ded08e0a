import { connect } from 'node:net';
import autocannon from 'autocannon';
import type { FloodStep } from '../model/plan.ts';
import type { User } from '../model/population.ts';
import type { FloodRow } from '../model/rows.ts';
import type { Endpoint } from '../model/target.ts';
import type { World } from '../model/world.ts';
import { type Credentials, referenceCredentials } from './credentials.ts';
import { loginErrand } from './errands.ts';
import { readToken } from './list-answer.ts';
import { viewerConnection } from './viewer-client.ts';

export interface FloodOptions {
  readonly world: World;
  readonly backend: Endpoint;
  readonly step: Pick<FloodStep, 'forMs' | 'connections' | 'perSecondMax'>;
  /** Those who reload the app. Canaries do not. */
  readonly users: readonly User[];
  readonly credentials?: Credentials;
}

/** People who take part, at most: each connection is one of them, and several connections may be the same one. */
const floodUsersMax = 20;
const loginDeadlineMs = 2_000;
const loginsTriedMax = 60;
/** How often autocannon looks at its clock, and so how late it may end. */
const sampleMs = 100;

/**
 * People who reload the Events tab in a closed loop: pressure beside the fleet, made by autocannon. Nothing that it is answered is
 * judged: autocannon joins the pieces of a body as text and keeps its parser after a cut, so its answers may be blends
 * of two. That is why its figures stand by themselves. Latencies count from the moment of sending, all answers included.
 *
 * Resolves also when aborted, with what there was until then; and with no requests and the failed logins as errors when nobody could log in.
 */
export async function runFlood(
  options: FloodOptions,
  signal: AbortSignal,
): Promise<Omit<FloodRow, 'id'>> {
  const { world, backend, step } = options;
  const { clock } = world;
  const fromNs = clock.nowNs();
  const untilNs = fromNs + step.forMs * 1e6;
  const { tokens, failures } = await logIn(options, { untilNs, signal });
  const leftMs = (untilNs - clock.nowNs()) / 1e6;
  if (tokens.length === 0 || leftMs <= 0 || signal.aborted) {
    const nothing = { requests: 0, non2xx: 0, latencyMsP50: 0, latencyMsP99: 0 };
    return { fromNs, toNs: clock.nowNs(), errors: failures, ...nothing };
  }
  const result = await cannon(
    { url: `http://${backend.host}:${backend.port}/v1/events?limit=10`, step, tokens, leftMs },
    signal,
  );
  return {
    fromNs,
    toNs: clock.nowNs(),
    requests: result.requests.total,
    errors: result.errors + failures,
    non2xx: result.non2xx,
    latencyMsP50: result.latency.p50,
    latencyMsP99: result.latency.p99,
  };
}

interface Load {
  readonly url: string;
  readonly step: FloodOptions['step'];
  readonly tokens: readonly string[];
  readonly leftMs: number;
}

async function cannon(
  { url, step, tokens, leftMs }: Load,
  signal: AbortSignal,
): Promise<autocannon.Result> {
  const finished = Promise.withResolvers<autocannon.Result>();
  let clients = 0;
  const instance = autocannon(
    {
      url,
      connections: step.connections,
      overallRate: step.perSecondMax,
      duration: leftMs / 1_000,
      sampleInt: sampleMs,
      // Its correction takes the interval for 1 ms at every rate, and would invent most of the samples.
      ignoreCoordinatedOmission: true,
      setupClient: (client) => {
        clients += 1;
        client.setHeaders({
          'x-request-id': `flood.${clients}`,
          authorization: `Bearer ${tokens[clients % tokens.length]}`,
        });
      },
    },
    (error: unknown, result) => {
      if (error instanceof Error) finished.reject(error);
      else finished.resolve(result);
    },
  );
  const onAbort = (): void => instance.stop();
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await finished.promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

interface Logins {
  readonly tokens: readonly string[];
  readonly failures: number;
}

/** One after the other; whoever is refused is passed over, and the next one tried a little later. */
async function logIn(
  { world, backend, step, users, credentials = referenceCredentials }: FloodOptions,
  { untilNs, signal }: { readonly untilNs: number; readonly signal: AbortSignal },
): Promise<Logins> {
  const { clock } = world;
  const people = users.filter(({ role }) => role === 'viewer');
  const wanted = Math.min(people.length, step.connections, floodUsersMax);
  const tokens: string[] = [];
  let failures = 0;
  const connection = viewerConnection({
    connect: () => connect({ ...backend, noDelay: true }),
    clock,
    authority: `${backend.host}:${backend.port}`,
  });
  for (let tried = 0; tried < loginsTriedMax && tokens.length < wanted; tried += 1) {
    const userId = people[tried % people.length]?.userId ?? '';
    const { path, body } = loginErrand(
      { userId, password: credentials.passwordOf(userId) },
      clock.nowNs(),
    );
    const answer = await connection.request({
      method: 'POST',
      path,
      body,
      requestId: `flood.login-${tried + 1}`,
      deadlineMs: loginDeadlineMs,
    });
    const read = answer.kind === 'answered' && answer.status === 201 ? readToken(answer.body) : '';
    if (typeof read === 'object') tokens.push(read.token);
    else {
      failures += 1;
      await clock.sleepUntil(clock.nowNs() + 100e6, signal).catch(() => undefined);
    }
    if (signal.aborted || clock.nowNs() >= untilNs) break;
  }
  connection.close('everybody is logged in');
  return { tokens, failures };
}
