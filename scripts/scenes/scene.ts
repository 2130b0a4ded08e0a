import type { Canvas } from './canvas.ts';

/** Draws a scene at one of three moments, 0 to 2. */
export type Scene = (canvas: Canvas, moment: number) => void;

/** How far apart the legs of somebody who walks are at each moment, -1 to 1. */
export const STRIDES = [-0.9, 0.2, 0.9] as const;

/** Where at this moment somebody is who began at `start`. */
export function along(start: number, each: number, moment: number): number {
  return start + each * moment;
}
