import { text } from './html-sections.ts';
import { counted, seconds, thousands } from './numbers.ts';
import type { LeakedPicture, LeakSummary, Person } from './summary.ts';

/**
 * Each leaked picture beside the one that was asked for, the first few open and the rest behind a summary. Pictures are added until
 * their markup reaches `bytesMax`; how many are left out is said. Empty when nothing leaked.
 */
export function picturesSection(
  leaks: LeakSummary,
  options: { readonly bytesMax: number },
): string {
  if (leaks.total === 0) return '';
  const pairs = withinBudget(leaks.pictures, options.bytesMax);
  const left = leaks.total - pairs.length;
  const note =
    left > 0
      ? `${counted(pairs.length, 'is', 'are')} shown here, ${counted(left, 'is', 'are')} not; the record names them all.`
      : 'All of them are shown here.';
  const [open, folded] = [pairs.slice(0, OPEN_MAX), pairs.slice(OPEN_MAX)];
  const more =
    folded.length === 0
      ? ''
      : `<details><summary>${thousands(folded.length)} more</summary><div class="pairs">${folded.join('\n')}</div></details>`;
  return `<section aria-labelledby="pictures">
<h2 id="pictures">What was asked for, and what was shown</h2>
<p>${counted(leaks.total, 'picture or list entry of a stranger', 'pictures and list entries of strangers')} reached a viewer. ${note}</p>
<div class="pairs">${open.join('\n')}</div>${more}
</section>`;
}

const OPEN_MAX = 6;
/** More than anyone looks at, however small they are. */
const PAIRS_MAX = 60;

function withinBudget(pictures: readonly LeakedPicture[], bytesMax: number): readonly string[] {
  const pairs: string[] = [];
  let bytes = 0;
  for (const picture of pictures.slice(0, PAIRS_MAX)) {
    // Four characters of base64 hold three bytes; looked at before encoding, so that a huge one costs nothing and is only passed over.
    const encoded = ((picture.shown.length + (picture.asked?.length ?? 0)) * 4) / 3;
    if (bytes + encoded > bytesMax) continue;
    const markup = pair(picture);
    if (bytes + Buffer.byteLength(markup) > bytesMax) continue;
    bytes += Buffer.byteLength(markup);
    pairs.push(markup);
  }
  return pairs;
}

function pair(picture: LeakedPicture): string {
  const asked =
    picture.asked === null
      ? '<div class="unknown">what should have been shown is not known</div>'
      : image(picture.asked, `What ${nameOf(picture.viewer)} asked for`);
  const whose = picture.owner === null ? 'an unknown home' : `the home of ${nameOf(picture.owner)}`;
  return `<figure class="pair"><div>
<div><span class="what">asked for</span>${asked}</div>
<div class="shown"><span class="what">shown</span>${image(picture.shown, `What was shown: ${whose}`)}</div>
</div><figcaption>${caption(picture)}</figcaption></figure>`;
}

function caption({
  viewer,
  owner,
  device,
  askedEventId,
  surface,
  state,
  atMs,
}: LeakedPicture): string {
  const asked =
    askedEventId === null ? '' : ` asked for <span class="id">${text(askedEventId)}</span> and`;
  const what = device === null ? 'a picture' : named(device);
  const whose = owner === null ? 'that does not say whose it is' : `of ${named(owner)}`;
  const blended = state === 'blended' ? ', blended with another picture' : '';
  return `${named(viewer)}${asked} was shown ${what} ${whose}${blended}. <span class="when">${seconds(atMs)}, ${surface}</span>`;
}

function image(bytes: Uint8Array, alternative: string): string {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return `<img src="data:image/jpeg;base64,${data}" alt="${text(alternative)}" decoding="async">`;
}

function named({ id, name }: Person): string {
  return name === null
    ? `<span class="id">${text(id)}</span>`
    : `${text(name)} <span class="id">${text(id)}</span>`;
}

function nameOf({ id, name }: Person): string {
  return name ?? id;
}
