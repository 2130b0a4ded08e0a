import type { BlastRadius } from '../harness/model/finding.ts';
import type { Estimate, FleetEstimate } from './fleet.ts';
import { incident } from './incident.ts';
import { counted, thousands } from './numbers.ts';

/** `a median of 2 strangers, at most 7`: to how many strangers each exposed user was shown. */
export function strangersWords({
  median,
  max,
}: NonNullable<BlastRadius['strangersPerExposedUser']>): string {
  if (max === 1) return '1 stranger';
  return `a median of ${String(median)} strangers, at most ${thousands(max)}`;
}

/** `95 %: 0 to 38,122 of 5,000,000 users affected`. */
export function fleetWords({ users, usersAffected }: FleetEstimate): string {
  return `95 %: ${between(usersAffected)} of ${counted(users, 'user')} affected`;
}

/** The whole estimate in a sentence. */
export function fleetSentence(fleet: FleetEstimate): string {
  const { usersReceived, usersTapped, usersExposed, usersAffected } = fleet;
  const parts = [
    `${estimateWords(usersReceived)} would have received something`,
    `${estimateWords(usersTapped)} would have tapped`,
    `${estimateWords(usersExposed)} would have been exposed`,
    `${estimateWords(usersAffected)} would have been on one side or the other`,
  ];
  return `At the same shares among ${counted(fleet.users, 'user')}, with 95 % confidence: ${parts.join(', ')}.`;
}

/** The incident's own figures, for comparison. */
export function incidentSentence(): string {
  return `In the incident of February 2024 about ${thousands(incident.usersReceivedAbout)} users received strangers’ thumbnails, ${thousands(incident.usersTapped)} tapped one, and a little under ${incidentShare} of all users were affected.`;
}

/** `0.25 %`. */
export const incidentShare: string = `${String(100 * incident.usersAffectedShareBelow)} %`;

/** `12 (10 to 15)`. */
export function estimateWords(estimate: Estimate): string {
  return `${thousands(estimate.expected)} (${between(estimate)})`;
}

function between({ low, high }: Estimate): string {
  return low === high ? thousands(low) : `${thousands(low)} to ${thousands(high)}`;
}
