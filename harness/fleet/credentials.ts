/** How the people and cameras of a population prove who they are. */
export interface Credentials {
  passwordOf(userId: string): string;
  secretOf(deviceId: string): string;
}

/** Those that the reference camera cloud accepts. */
export const referenceCredentials: Credentials = {
  passwordOf: (userId) => `password-of-${userId}`,
  secretOf: (deviceId) => `secret-of-${deviceId}`,
};
