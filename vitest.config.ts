import { defineConfig, type ViteUserConfig } from 'vitest/config';

const common = {
  pool: 'forks' as const,
  testTimeout: 30_000,
  hookTimeout: 60_000,
  retry: 0,
  execArgv: ['--disable-warning=ExperimentalWarning'],
};

/** Tests over real services and sockets, and whole runs: a file at a time, so that none starves another of its moments. */
const live = ['{harness,targets,reports,scripts,docs}/**/*.live.test.ts'];
/** The contract of each library, against servers of its own: they wait most of the time, and can wait side by side. */
const clients = ['targets/clients/*.live.test.ts'];

const config: ViteUserConfig = defineConfig({
  test: {
    reporters: ['default', './scripts/closing-line.ts'],
    projects: [
      {
        test: {
          ...common,
          name: 'rooms',
          include: ['{harness,scenarios,targets,reports,scripts,bench,docs}/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...live],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...common,
          name: 'live',
          include: live,
          exclude: ['**/node_modules/**', ...clients],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...common,
          name: 'clients',
          include: clients,
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
export default config;
