/** The bytes in what keyv's own serializer has made of a Buffer, `{"value":":base64:...","expires":...}`; what is no such thing is given back as it is. */
export function fromKeyv(stored: Uint8Array): Uint8Array {
  const text = Buffer.from(stored).toString();
  const base64 = /^\{"value":":base64:([^"]*)"/.exec(text)?.[1];
  return base64 === undefined ? stored : Buffer.from(base64, 'base64');
}
