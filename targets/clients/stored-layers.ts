/** The bytes in a field of a JSON object, where they are in base64; what is no such thing is given back as it is. */
export function fromJsonField(stored: Uint8Array, field: string): Uint8Array {
  const text = Buffer.from(stored).toString();
  if (!text.startsWith('{')) return stored;
  try {
    const parsed = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const value = parsed[field];
    return typeof value === 'string' ? (bytesIn(value) ?? stored) : stored;
  } catch {
    return stored;
  }
}

/** The bytes of a text in base64; what is no such text is given back as it is. */
export function fromBase64(stored: Uint8Array): Uint8Array {
  return bytesIn(Buffer.from(stored).toString()) ?? stored;
}

function bytesIn(text: string): Uint8Array | undefined {
  const value = Buffer.from(text, 'base64');
  return value.toString('base64') === text ? value : undefined;
}
