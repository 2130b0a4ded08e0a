import type { CommandFrame } from './framing.ts';

/** A command frame while it is being read. */
export interface GrowingCommand {
  command: string;
  key: string | null;
  value?: Uint8Array[] | null;
  expects: CommandFrame['expects'];
  withdraw?: () => void;
}
