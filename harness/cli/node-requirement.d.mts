export type NodeRequirement =
  | { readonly step: 'refuse'; readonly says: string }
  | { readonly step: 'run' }
  | { readonly step: 'hand-over' };

export function nodeRequirement(version: string): NodeRequirement;
