import { createRequire } from 'node:module';
import type { decode } from 'jpeg-js';
import type { JpegDecoder } from '../thumbnail/code-reading.ts';

/** Megapixels beyond which a picture is not decoded: ours have less than a tenth. */
const megapixelsMax = 2;
const megabytesMax = 64;

/** The decoder of jpeg-js, which is loaded when the first picture is decoded: most runs decode none. */
export const decodeJpeg: JpegDecoder = (bytes) => {
  // The library says by throwing that it cannot decode, for every kind of broken picture.
  try {
    return library().decode(bytes, {
      useTArray: true,
      maxResolutionInMP: megapixelsMax,
      maxMemoryUsageInMB: megabytesMax,
    });
  } catch {
    return null;
  }
};

/** Required, as an import in the middle of things would be asynchronous, and whoever shows a picture is not. Node keeps it loaded. */
function library(): { readonly decode: typeof decode } {
  return createRequire(import.meta.url)('jpeg-js') as { readonly decode: typeof decode };
}
