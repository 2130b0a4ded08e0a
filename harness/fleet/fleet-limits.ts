/** How much may go on at once. What meets a limit is visible: cameras start late, viewers' requests are `unsent`. */
export interface FleetLimits {
  /** Cameras that have dialled and were not told their owner yet. */
  readonly camerasConnectingMax: number;
  /** Requests of all viewers together. */
  readonly viewerRequestsMax: number;
  /** Visits of one viewer. */
  readonly visitsPerViewerMax: number;
}

export const fleetLimits: FleetLimits = {
  camerasConnectingMax: 5_000,
  viewerRequestsMax: 5_000,
  visitsPerViewerMax: 4,
};
