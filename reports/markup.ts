/**
 * Text for an XML 1.0 document, in an element or in a quoted attribute. Characters that XML forbids even when escaped (most controls,
 * lone surrogates, U+FFFE and U+FFFF) become U+FFFD; line ends and tabs are escaped, since an attribute would turn them into spaces.
 */
export function xmlText(text: string): string {
  return text
    .toWellFormed()
    .replace(FORBIDDEN_IN_XML, '\uFFFD')
    .replace(ESCAPED_IN_XML, (character) => `&#${String(character.codePointAt(0))};`);
}

/** Text for an HTML element or a quoted attribute. */
export function htmlText(text: string): string {
  return text
    .toWellFormed()
    .replace(FORBIDDEN_IN_XML, '\uFFFD')
    .replace(/[&<>"'`]/g, (character) => `&#${String(character.codePointAt(0))};`);
}

/** A value as JSON that may stand inside a `<script>` element: no `<` can end it, no line separator can break an old parser. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Text for a Markdown table cell or paragraph: nothing in it is markup, a link, a mention or an end of line. */
export function markdownText(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(
      /[&<>"'`\\|*_[\]{}()#!~@$:]/g,
      (character) => `&#${String(character.codePointAt(0))};`,
    );
}

const FORBIDDEN_IN_XML = /[\uFFFE\uFFFF]|(?![\t\n\r\u007F-\u009F])\p{Cc}/gu;
const ESCAPED_IN_XML = /[&<>"'\t\n\r\u007F-\u009F]/g;
