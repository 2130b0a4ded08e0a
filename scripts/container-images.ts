/**
 * Makes container images from the programs of this machine, for a container engine that can reach no registry: a tar of the
 * program and the libraries that it loads, through `docker import`.
 * Run it with `node scripts/container-images.ts [name ...]`; without names it makes every image whose program is on PATH, and
 * says which were left out. Images are called `crosswire-local/NAME:latest`. It ends with 1 when no engine answers.
 */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { $, which } from 'zx';

interface ImageRecipe {
  /** Programs to take along, by their names on PATH. The first is what the image is about. */
  readonly programs: readonly string[];
  /** Words of the entry point that stand in front of a container's own command; `%` is the first program's path, also in scripts. */
  readonly entryPoint: readonly string[];
  /** Further instructions of a Dockerfile. */
  readonly changes: readonly string[];
  /** Folders that anybody may write to. */
  readonly folders: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}

const accounts = {
  'etc/passwd':
    'root:x:0:0:root:/:/bin/sh\nwww-data:x:33:33::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n',
  'etc/group': 'root:x:0:\nwww-data:x:33:\nnogroup:x:65534:\nnobody:x:65534:\n',
};

const nginxConfiguration = `daemon off;
events {}
http {
  access_log off;
  server { listen 80; location / { return 200 "crosswire\\n"; } }
}
`;

const plain = { programs: [], changes: [], folders: ['tmp'], files: accounts };

const recipes: Readonly<Record<string, ImageRecipe>> = {
  redis: {
    ...plain,
    programs: ['redis-server'],
    entryPoint: ['%'],
    changes: ['USER 65534', 'WORKDIR /data', 'EXPOSE 6379'],
    folders: ['tmp', 'data'],
  },
  valkey: {
    ...plain,
    programs: ['valkey-server'],
    entryPoint: ['%'],
    changes: ['USER 65534', 'WORKDIR /data', 'EXPOSE 6379'],
    folders: ['tmp', 'data'],
  },
  memcached: {
    ...plain,
    programs: ['memcached'],
    entryPoint: ['%'],
    changes: ['USER 65534', 'EXPOSE 11211'],
  },
  nginx: {
    ...plain,
    programs: ['nginx'],
    entryPoint: ['%'],
    changes: ['EXPOSE 80'],
    folders: ['tmp', 'run', 'var/log/nginx', 'var/lib/nginx'],
    files: { ...accounts, 'etc/nginx/nginx.conf': nginxConfiguration },
  },
  toxiproxy: {
    ...plain,
    programs: ['toxiproxy-server'],
    entryPoint: ['%'],
    changes: ['EXPOSE 8474'],
  },
  // What testcontainers cleans up with. It is made where somebody has built one.
  ryuk: { ...plain, programs: ['moby-ryuk'], entryPoint: ['%'], changes: ['EXPOSE 8080'] },
  // A redis-server that never gets ready, and one that ends at once: what the tests of providers start.
  sleeper: {
    ...plain,
    programs: ['sh', 'sleep'],
    entryPoint: ['redis-server'],
    files: { 'usr/bin/redis-server': '#!%\necho asleep\nexec sleep 600\n' },
  },
  quitter: {
    ...plain,
    programs: ['sh'],
    entryPoint: ['redis-server'],
    files: { 'usr/bin/redis-server': '#!%\necho there is nothing to serve >&2\nexit 3\n' },
  },
};

const engineMsMax = 10_000;

$.verbose = false;

await makeImages(process.argv.slice(2));

async function makeImages(wanted: readonly string[]): Promise<void> {
  const unknown = wanted.filter((name) => !(name in recipes));
  if (unknown.length > 0) {
    const known = Object.keys(recipes).join(', ');
    throw new Error(`there is no recipe for ${unknown.join(', ')}; known are ${known}`);
  }
  const engine = await $({ nothrow: true, timeout: engineMsMax })`docker version`;
  if (engine.exitCode !== 0) {
    console.error(
      `no container engine answers: ${engine.stderr.trim() || engine.message}; start one, for example with node scripts/start-docker.ts start FOLDER`,
    );
    process.exitCode = 1;
    return;
  }
  for (const [name, recipe] of Object.entries(recipes)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    console.log(`crosswire-local/${name}:latest: ${await makeImage(name, recipe)}`);
  }
}

/** @returns what became of it, for people */
async function makeImage(name: string, recipe: ImageRecipe): Promise<string> {
  const programs: string[] = [];
  for (const program of recipe.programs) {
    const path = await which(program, { nothrow: true });
    if (path === null) return `left out, because ${program} is not on PATH`;
    programs.push(path);
  }
  const root = await mkdtemp(join(tmpdir(), 'crosswire-image-'));
  try {
    const libraries = await Promise.all(programs.map(librariesOf));
    for (const path of new Set([...programs, ...libraries.flat()])) {
      await $`cp -L --parents ${path} ${root}`;
    }
    for (const folder of recipe.folders) {
      await mkdir(join(root, folder), { recursive: true });
      await chmod(join(root, folder), 0o777);
    }
    for (const [path, text] of Object.entries(recipe.files)) {
      await mkdir(join(root, dirname(path)), { recursive: true });
      await writeFile(join(root, path), text.replace(/^#!%/, `#!${programs[0]}`));
      await chmod(join(root, path), text.startsWith('#!') ? 0o755 : 0o644);
    }
    await chmod(root, 0o755);
    const entryPoint = recipe.entryPoint.map((word) => (word === '%' ? programs[0] : word));
    const changes = [`ENTRYPOINT ${JSON.stringify(entryPoint)}`, ...recipe.changes];
    const flags = changes.flatMap((change) => ['--change', change]);
    await $`tar -C ${root} -c . | docker import ${flags} - ${`crosswire-local/${name}:latest`}`;
    return `made of ${programs.join(' and ')}`;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** The libraries that the loader of this machine would load for a program, and that loader itself. */
async function librariesOf(program: string): Promise<string[]> {
  const listing = await $({ nothrow: true })`ldd ${program}`;
  // A program that is linked statically has none, which ldd reports as a failure.
  if (listing.exitCode !== 0) return [];
  return listing.stdout
    .split('\n')
    .map((line) => /(?:=> )?(?<path>\/\S+) \(0x/.exec(line)?.groups?.['path'])
    .filter((path) => path !== undefined);
}
