import type { BlastRadius } from '../harness/model/finding.ts';
import { estimateWords, incidentShare } from './blast-words.ts';
import type { Estimate, FleetEstimate } from './fleet.ts';
import { incident } from './incident.ts';
import { counted, percent, seconds, thousands } from './numbers.ts';
import type { RunSummary } from './summary.ts';
import { nobodyReceived } from './verdict-words.ts';

/** How far it went, in the incident's words and beside its figures; and what it would be in the fleet, where one was named. */
export function blastSection({ verdict, run, fleet }: RunSummary): string {
  const { blastRadius } = verdict;
  const nobody = verdict.outcome !== 'fail' && nobodyReceived(verdict);
  if (nobody && fleet === null) return '';
  const { firstAtMs, lastAtMs } = blastRadius;
  const when =
    firstAtMs === null || lastAtMs === null
      ? ''
      : ` The first was shown at ${seconds(firstAtMs)}, the last at ${seconds(lastAtMs)}${blastRadius.stillLeakingAfterCalm ? ', and it had not stopped when the system was calm again' : ''}.`;
  const fleetHead =
    fleet === null ? '' : `<th scope="col" class="figure">of ${counted(fleet.users, 'user')}</th>`;
  const fleetNote =
    fleet === null
      ? ''
      : '<p>The fleet’s figures are this run’s shares, with Wilson’s interval of 95 % confidence in brackets: as if every user’s fate were a draw of its own, in a fleet with as many cameras for each user and hit as hard.</p>';
  return `<section aria-labelledby="blast">
<h2 id="blast">How far it went</h2>
<p>${percent(blastRadius.usersAffectedShare)} of ${counted(run.users, 'user')} were on one side or the other.${when}</p>
<div class="scroll"><table class="blast">
<thead><tr><th scope="col"><span class="hidden">What</span></th><th scope="col" class="figure">this run</th>${fleetHead}<th scope="col" class="figure">the incident,<br>February 2024</th></tr></thead>
<tbody>${rowsOf(blastRadius, fleet)
    .map((row) => rowMarkup(row, fleet !== null))
    .join('')}</tbody>
</table></div>${fleetNote}
</section>`;
}

interface Row {
  readonly name: string;
  readonly ours: string;
  /** Null where a share of users says nothing. */
  readonly fleet: Estimate | null;
  readonly theirs: string;
}

function rowsOf(blastRadius: BlastRadius, fleet: FleetEstimate | null): readonly Row[] {
  const { strangersPerExposedUser: each } = blastRadius;
  return [
    {
      name: 'Users who received a stranger’s thumbnail',
      ours: thousands(blastRadius.usersReceived),
      fleet: fleet?.usersReceived ?? null,
      theirs: `about ${thousands(incident.usersReceivedAbout)}`,
    },
    {
      name: 'Users who tapped one',
      ours: thousands(blastRadius.usersTapped),
      fleet: fleet?.usersTapped ?? null,
      theirs: thousands(incident.usersTapped),
    },
    {
      name: 'Clips of strangers that were played',
      ours: thousands(blastRadius.videosPlayed),
      fleet: null,
      theirs: 'some',
    },
    {
      name: 'Users whose home was shown',
      ours: thousands(blastRadius.usersExposed),
      fleet: fleet?.usersExposed ?? null,
      theirs: 'not known',
    },
    {
      name: 'Strangers who were shown each of them, median and most',
      ours: each === null ? '0' : `${String(each.median)}, ${thousands(each.max)}`,
      fleet: null,
      theirs: 'not known',
    },
    {
      name: 'Users on either side',
      ours: thousands(blastRadius.usersAffected),
      fleet: fleet?.usersAffected ?? null,
      theirs: `a little under ${incidentShare} of all`,
    },
  ];
}

function rowMarkup({ name, ours, fleet, theirs }: Row, hasFleet: boolean): string {
  const scaled = hasFleet
    ? `<td class="figure">${fleet === null ? '' : estimateWords(fleet)}</td>`
    : '';
  return `<tr><th scope="row">${name}</th><td class="figure${ours === '0' ? '' : ' some'}">${ours}</td>${scaled}<td class="figure">${theirs}</td></tr>`;
}
