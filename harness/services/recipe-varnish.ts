import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { VarnishSpec } from '../model/service.ts';
import type { Place, Recipe } from './recipe.ts';

const configurationName = 'crosswire.vcl';
const processIdName = 'varnishd.pid';
/** Answered by Varnish itself with its process id, so that it is known who serves. */
const readyPath = '/crosswire-ready';

/**
 * Varnish as a shared HTTP cache: in memory, under a key of the caller's choice, in the foreground. It compiles its
 * configuration, so a C compiler has to stand beside it (Debian's package brings one).
 */
export function varnishRecipe(spec: VarnishSpec): Recipe {
  return {
    program: {
      names: ['varnishd'],
      versionParameter: '-V',
      versionPattern: /varnish-(?<version>\d+(?:\.\d+)+)/,
    },
    needs: 'install varnish, so that varnishd is on PATH (it often stands in /usr/sbin)',
    prepare: async (place) => {
      const { endpoint, directory } = place;
      const file = join(directory, configurationName);
      await writeFile(file, varnishConfiguration(spec, place));
      // Without a change of user (`-j`): its folder is ours, and whoever is no root could not change.
      return [
        '-F',
        '-j',
        'none',
        '-n',
        join(directory, 'work'),
        '-P',
        join(directory, processIdName),
        '-a',
        `${endpoint.host}:${endpoint.port}`,
        '-T',
        'none',
        '-f',
        file,
        '-s',
        `malloc,${spec.usedMebibytesMax ?? usedMebibytesDefault}m`,
      ];
    },
    isServing: async ({ endpoint: { host, port }, processId, signal }) => {
      const answer = await fetch(`http://${host}:${port}${readyPath}`, { signal });
      return (await answer.text()).trim() === String(processId);
    },
  };
}

const usedMebibytesDefault = 128;

/**
 * What an answer says of caching is followed; of one that says nothing, and is right, it is told for how long. Without an own
 * `vcl_recv` and `vcl_hash` it would pass by whatever comes with Authorization or a cookie.
 */
function varnishConfiguration(spec: VarnishSpec, { directory }: Place): string {
  const { origin, cacheKey, freshSecondsUntold, storeSetCookie = false } = spec;
  return `vcl 4.1;
import std;
backend origin { .host = "${origin.host}"; .port = "${origin.port}"; }
sub vcl_recv {
  if (req.url == "${readyPath}") { return (synth(200)); }
  if (req.method != "GET" && req.method != "HEAD") { return (pass); }
  return (hash);
}
sub vcl_hash {
  ${cacheKey.map((part) => `hash_data(${part});`).join('\n  ')}
  return (lookup);
}
sub vcl_backend_response {
  set beresp.grace = 0s;
  ${storeSetCookie ? 'set beresp.http.x-kept-cookie = beresp.http.set-cookie;\n  unset beresp.http.set-cookie;' : ''}
  if (beresp.status == 200) {
    if (!beresp.http.cache-control && !beresp.http.expires) { set beresp.ttl = ${freshSecondsUntold}s; }
  } else {
    set beresp.uncacheable = true;
    set beresp.ttl = ${freshSecondsUntold}s;
    return (deliver);
  }
}
sub vcl_backend_error {
  set beresp.http.content-type = "application/json";
  set beresp.body = """{"error":"the origin gave no whole answer"}""";
  return (deliver);
}
sub vcl_deliver {
  if (resp.http.x-kept-cookie) {
    set resp.http.set-cookie = resp.http.x-kept-cookie;
    unset resp.http.x-kept-cookie;
  }
  unset resp.http.x-request-id;
  if (req.http.x-request-id) { set resp.http.x-request-id = req.http.x-request-id; }
  if (obj.hits > 0) {
    set resp.http.x-cache = "HIT";
  } elsif (obj.uncacheable) {
    set resp.http.x-cache = "BYPASS";
  } else {
    set resp.http.x-cache = "MISS";
  }
}
sub vcl_synth {
  set resp.http.content-type = "text/plain";
  set resp.body = std.fileread("${join(directory, processIdName)}");
  return (deliver);
}
`;
}
