import type { Reporter, TestModule } from 'vitest/node';

/** Says at the end, alone on a line, how many tests of all files together passed, failed and were skipped, and why they were skipped. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandled.length, skipped: 0 };
    const skipped: string[] = [];
    for (const module of modules) {
      // A file that could not even be loaded holds no test, and must count as a failure all the same.
      if (!module.ok() && module.children.size === 0) counts.failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') counts.passed += 1;
        else if (state === 'failed') counts.failed += 1;
        else {
          counts.skipped += 1;
          const result = test.result();
          skipped.push(
            `skipped: ${test.fullName}${'note' in result && result.note !== undefined ? ` (${result.note})` : ''}`,
          );
        }
      }
    }
    for (const line of skipped) process.stdout.write(`${line}\n`);
    process.stdout.write(
      `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`,
    );
  }
}
