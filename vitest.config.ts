import { defineConfig, type ViteUserConfig } from 'vitest/config';

const common = {
  pool: 'forks' as const,
  testTimeout: 30_000,
  hookTimeout: 60_000,
  retry: 0,
  execArgv: ['--disable-warning=ExperimentalWarning'],
};

/** Tests that run the whole program: each fills two cores by itself. */
const whole = ['harness/cli/**/*.live.test.ts', 'docs/**/*.live.test.ts'];

const config: ViteUserConfig = defineConfig({
  test: {
    reporters: ['default', './scripts/closing-line.ts'],
    projects: [
      {
        test: {
          ...common,
          name: 'rooms',
          include: ['{harness,scenarios,targets,reports,scripts,bench,docs}/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...whole],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...common,
          name: 'whole runs',
          include: whole,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
export default config;
