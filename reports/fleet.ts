import type { BlastRadius } from '../harness/model/finding.ts';

/** What the shares of a run would be among so many users. */
export interface FleetEstimate {
  readonly users: number;
  readonly usersReceived: Estimate;
  readonly usersTapped: Estimate;
  readonly usersExposed: Estimate;
  readonly usersAffected: Estimate;
}

/** Whole users; with 95 % confidence between `low` and `high`. */
export interface Estimate {
  readonly expected: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The blast radius of a run scaled to a fleet of `fleet` users. Each share of the run's users gets Wilson's score interval (E. B. Wilson,
 * 1927), which stays sound for a share of none or all, and both are multiplied by the fleet. That takes each user's fate for a draw
 * of its own from one same chance; docs/oracle.md says what follows when it is not. Null for a run without users.
 */
export function scaledTo(fleet: number, blastRadius: BlastRadius): FleetEstimate | null {
  const { users } = blastRadius;
  if (users === 0) return null;
  // Somebody who is in no plan can have received something; no share is above all of them.
  const estimate = (count: number): Estimate => estimateOf(Math.min(count, users), users, fleet);
  return {
    users: fleet,
    usersReceived: estimate(blastRadius.usersReceived),
    usersTapped: estimate(blastRadius.usersTapped),
    usersExposed: estimate(blastRadius.usersExposed),
    usersAffected: estimate(blastRadius.usersAffected),
  };
}

/** The standard normal's quantile of 0.975. */
const z = 1.959963984540054;

/** Rounded outwards, so that the whole numbers claim no more than the interval. */
function estimateOf(count: number, users: number, fleet: number): Estimate {
  const share = count / users;
  const weight = 1 + z ** 2 / users;
  const centre = share + z ** 2 / (2 * users);
  const reach = z * Math.sqrt((share * (1 - share)) / users + z ** 2 / (4 * users ** 2));
  const low = count === 0 ? 0 : (centre - reach) / weight;
  const high = count === users ? 1 : (centre + reach) / weight;
  return {
    expected: Math.round(share * fleet),
    low: Math.floor(low * fleet),
    high: Math.min(fleet, Math.ceil(high * fleet)),
  };
}
