/**
 * The incident of February 2024, as the company told its users: about 13,000 of them received thumbnails from cameras that were not
 * theirs, 1,504 tapped on one, and a little under a quarter of a per cent of all users were on one side or the other.
 */
export const incident = {
  usersReceivedAbout: 13_000,
  usersTapped: 1504,
  usersAffectedShareBelow: 0.0025,
} as const;
