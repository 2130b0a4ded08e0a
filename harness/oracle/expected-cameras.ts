import type { Known } from './known.ts';

/** The cameras that have to be there in calm: all, when the plan has them connect, but those that were possibly removed by then. */
export function camerasExpected({ record, ownership }: Known, byNs: number): readonly string[] {
  const { steps, population } = record.plan();
  if (!steps.some((step) => step.type === 'arrivals' && step.who === 'cameras')) return [];
  const rights = ownership();
  return population.devices.flatMap(({ deviceId }) =>
    rights.mayBeRemoved(deviceId, byNs) ? [] : [deviceId],
  );
}
