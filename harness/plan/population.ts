import type { BackOff, Device, Population, User } from '../model/population.ts';
import type { Rng } from '../model/world.ts';

export interface PopulationSize {
  /** People who are judged, from 2. */
  readonly users: number;
  readonly cameras: number;
  /** People whose answers the harness swaps on purpose; added to `users`, with cameras of their own. */
  readonly canaries: number;
  /** How long the firmware without any back-off needs until it dials again. */
  readonly redialMs: number;
}

const camerasPerCanary = 2;
const shareOfLite = 0.2;
const shareOfShared = 0.1;

/** People, cameras and who may see what. A further user or camera does not move what the others drew. */
export function population(rng: Rng, size: PopulationSize): Population {
  const users = [
    ...Array.from({ length: size.users }, (_, index) =>
      user(rng, `user-${pad(index + 1, 5)}`, 'viewer'),
    ),
    ...Array.from({ length: size.canaries }, (_, index) =>
      user(rng, `canary-${pad(index + 1, 2)}`, 'canary'),
    ),
  ];
  const judged = users.slice(0, size.users);
  const devices = [
    ...Array.from({ length: size.cameras }, (_, index) => {
      const owner = judged[index % judged.length];
      if (owner === undefined) throw new RangeError(`a population needs users, got ${size.users}`);
      return device(rng, {
        deviceId: `device-${pad(index + 1, 6)}`,
        owner,
        others: judged,
        redialMs: size.redialMs,
      });
    }),
    ...users.slice(size.users).flatMap((owner) =>
      Array.from({ length: camerasPerCanary }, (_, index) =>
        device(rng, {
          deviceId: `device-of-${owner.userId}-${index + 1}`,
          owner,
          others: [],
          redialMs: size.redialMs,
        }),
      ),
    ),
  ];
  return { users, devices };
}

function user(rng: Rng, userId: string, role: User['role']): User {
  const lots = rng.fork(userId);
  const name = `${pick(lots, givenNames)} ${pick(lots, familyNames)}`;
  return { userId, name, subscription: lots.chance(shareOfLite) ? 'lite' : 'standard', role };
}

interface DeviceDraw {
  readonly deviceId: string;
  readonly owner: User;
  /** Among whom the owner may share. */
  readonly others: readonly User[];
  readonly redialMs: number;
}

function device(rng: Rng, { deviceId, owner, others, redialMs }: DeviceDraw): Device {
  const lots = rng.fork(deviceId);
  const guest = others.length > 1 && lots.chance(shareOfShared) ? pick(lots, others) : owner;
  return {
    deviceId,
    name: pick(lots, places),
    ownerId: owner.userId,
    sharedWith: guest.userId === owner.userId ? [] : [guest.userId],
    backOff: firmware(lots, redialMs),
  };
}

/** Half of the fleet has firmware that dials again as soon as it can: that is what makes a herd. The rest behaves. */
function firmware(lots: Rng, redialMs: number): BackOff {
  const baseMs = 250;
  const capMs = 4_000;
  const draw = lots.integer(1, 10);
  if (draw <= 5) return { policy: 'immediate', delayMs: redialMs };
  if (draw <= 6) return { policy: 'fixed', delayMs: 2_000 };
  if (draw <= 7) return { policy: 'exponential', baseMs, capMs };
  if (draw <= 9) return { policy: 'exponential-full-jitter', baseMs, capMs };
  return { policy: 'decorrelated-jitter', baseMs, capMs };
}

function pick<Item>(lots: Rng, items: readonly Item[]): Item {
  const item = items[lots.integer(0, items.length - 1)];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
}

function pad(number: number, digits: number): string {
  return String(number).padStart(digits, '0');
}

const givenNames: readonly string[] = (
  'Ada Amir Bela Chloe Diego Edith Farid Greta Hana Igor Jonas Kaya Leila Marek Nadia Oskar ' +
  'Priya Quinn Rosa Samir Tomas Ursula Viktor Wanda Yara Zoltan'
).split(' ');
const familyNames: readonly string[] = (
  'Abel Brandt Castro Dahl Eriksen Fontana Gupta Horvat Ibsen Jansen Kovacs Lindgren Moreau ' +
  'Novak Okafor Pereira Quist Rossi Santos Tanaka Ulrich Vargas Weber Yilmaz Zeman'
).split(' ');
/** Each begins with what one of the drawn scenes shows. */
const places: readonly string[] = (
  'Front door, Driveway, Garden, Back yard, Living room, Hallway, Nursery, Garage, Shop counter, ' +
  'Kitchen, Front door left, Garden gate, Garage door, Hallway upstairs, Kitchen window, Driveway cam'
).split(', ');
