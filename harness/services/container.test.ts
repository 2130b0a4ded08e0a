import { expect, test } from 'vitest';
import { containerProvider } from './container.ts';

test('a package that is not installed is named, with what to do', async () => {
  const name: string = 'testcontainers-that-nobody-installed';
  const provider = containerProvider({ load: () => import(name) });
  const availability = await provider.available();
  expect(availability).toMatchObject({ state: 'missing', needs: 'npm install testcontainers@12' });
  expect(availability.says).toContain('the package testcontainers cannot be loaded');
  await expect(provider.start(new AbortController().signal)).rejects.toThrow(
    'npm install testcontainers@12',
  );
});
