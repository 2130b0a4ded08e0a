/** An answer that is not what was asked for: the status of `docs/cloud-api.md` and one sentence, which hold no value of anybody. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: RefusalStatus;

  constructor(status: RefusalStatus, says: string, options?: ErrorOptions) {
    super(says, options);
    this.status = status;
  }
}

export type RefusalStatus = 400 | 401 | 403 | 404 | 503;
