import fc from 'fast-check';
import { expect, test } from 'vitest';
import { htmlText, markdownText, scriptJson, xmlText } from './markup.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 80 });

test('XML text keeps markup characters and line ends as references, and no forbidden character', () => {
  expect(xmlText('<a b="c">\'&\t\r\n')).toBe('&#60;a b=&#34;c&#34;&#62;&#39;&#38;&#9;&#13;&#10;');
  expect(xmlText('a\u0000b\u001B[31m\uFFFE\uD800c')).toBe('a\uFFFDb\uFFFD[31m\uFFFD\uFFFDc');
});

test('whatever goes into XML comes out of it again, but for what XML cannot hold', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const escaped = xmlText(text);
      expect(escaped).not.toMatch(/[<>"'\t\r\n]|&(?!#\d+;)/);
      // Production 2 of XML 1.0: Char ::= #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF]
      expect(escaped).toMatch(/^[\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u);
      const back = escaped.replace(/&#(\d+);/g, (_, code: string) =>
        String.fromCodePoint(Number(code)),
      );
      expect(withoutReplaced(back)).toBe(withoutReplaced(xmlHolds(text)));
    }),
  );
});

test('HTML text can neither open a tag nor end an attribute', () => {
  expect(htmlText('</script><img src=x onerror="alert(1)">\'`&')).toBe(
    '&#60;/script&#62;&#60;img src=x onerror=&#34;alert(1)&#34;&#62;&#39;&#96;&#38;',
  );
  fc.assert(fc.property(anyText, (text) => !/[<>"'`]|&(?!#\d+;)/.test(htmlText(text))));
});

test('JSON in a script element is the same value and cannot end the element', () => {
  expect(scriptJson({ a: '</script><!--\u2028' })).toBe(
    String.raw`{"a":"\u003c/script\u003e\u003c!--\u2028"}`,
  );
  fc.assert(
    fc.property(fc.json(), (json) => {
      const value: unknown = JSON.parse(json);
      const text = scriptJson(value);
      expect(text).not.toMatch(/[<>&\u2028\u2029]/);
      expect(JSON.parse(text)).toEqual(value);
    }),
  );
});

test('Markdown text is one line and holds no character that Markdown, HTML or a mention could use', () => {
  expect(markdownText('| a\n# [x](y) @b `c` <d> https://e')).toBe(
    '&#124; a &#35; &#91;x&#93;&#40;y&#41; &#64;b &#96;c&#96; &#60;d&#62; https&#58;//e',
  );
  fc.assert(fc.property(anyText, (text) => !/[\r\n<>|`*_[\]()@$:]/.test(markdownText(text))));
});

function xmlHolds(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD');
}

function withoutReplaced(text: string): string {
  return text.replaceAll('\uFFFD', '?');
}
