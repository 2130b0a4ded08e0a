import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['{harness,scenarios,targets,reports,scripts,bench,docs}/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    retry: 0,
    reporters: ['default', './scripts/closing-line.ts'],
    execArgv: ['--disable-warning=ExperimentalWarning'],
  },
});
export default config;
