import type { NamedValue, SelfAudit } from './summary.ts';

/** What the environment of a record says. */
export interface Environment {
  readonly versions: readonly NamedValue[];
  /** Whatever else it says, in its order. */
  readonly circumstances: readonly NamedValue[];
  /** Null when the record keeps none. */
  readonly replay: string | null;
  readonly selfAudit: SelfAudit | null;
  /** What the backend process had taken when the plan was through; null when the record does not say. */
  readonly backend: BackendUse | null;
}

export interface BackendUse {
  readonly processorMs: number;
  readonly memoryBytesMost: number;
}

/** Reads `RunRow.environment`. One that is not a JSON object says nothing; nothing in it is trusted to have the right type. */
export function environmentOf(json: string): Environment {
  const { replay, selfAudit, backend, ...rest } = objectOf(json);
  const named = Object.entries(rest).map(([name, value]) => ({ name, value: words(value) }));
  return {
    versions: named.filter(({ name }) => VERSIONS.has(name)),
    // How the process with the library died is told as a finding.
    circumstances: named.filter(({ name }) => !VERSIONS.has(name) && name !== 'died'),
    replay: typeof replay === 'string' && replay !== '' ? replay : null,
    selfAudit: isSelfAudit(selfAudit) ? selfAudit : null,
    backend: isBackendUse(backend) ? backend : null,
  };
}

/** What the environment of a record calls the things that have a version. */
const VERSIONS: ReadonlySet<string> = new Set(['node', 'crosswire', 'system']);

function objectOf(json: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return {};
  }
  return isObject(parsed) ? parsed : {};
}

function words(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(words).join(', ');
  return JSON.stringify(value);
}

function isSelfAudit(value: unknown): value is SelfAudit {
  return (
    isObject(value) &&
    typeof value['target'] === 'string' &&
    typeof value['targetVersion'] === 'string' &&
    Number.isSafeInteger(value['violations']) &&
    Number.isSafeInteger(value['examined'])
  );
}

function isBackendUse(value: unknown): value is BackendUse {
  return (
    isObject(value) &&
    Number.isFinite(value['processorMs']) &&
    Number.isFinite(value['memoryBytesMost'])
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
