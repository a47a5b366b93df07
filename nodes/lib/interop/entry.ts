/** Who sent or received a message, as far as the message or the node's settings tell. */
export interface Peer {
  readonly name: string;
  /** Without user, password and query. */
  readonly address?: string;
  readonly product?: string;
  readonly version?: string;
  /** Fingerprint or subject of its certificate. */
  readonly certificate?: string;
}

/** What a check said of a message; values and texts of the message are left out. */
export interface EntryVerdict {
  readonly valid: boolean;
  readonly errors: readonly { readonly path: string; readonly code: string }[];
}

/** Numbers by which a message is found elsewhere. */
export interface EntryIds {
  readonly bodId?: string;
  readonly recordId?: string;
  readonly inputId?: string;
  readonly jobId?: string;
}

/** What is said of a message before it has its place in the log. */
export interface EntryDraft {
  /** ISO 8601 UTC with milliseconds, by this computer's clock. */
  readonly time: string;
  readonly from: Peer;
  readonly to: Peer;
  readonly protocol: string;
  /** What it is: a B2MML message's name, `input record`, `model answer` …; `log/…` for what the log says of itself. */
  readonly kind: string;
  readonly summary: string;
  readonly ids: EntryIds;
  /** Bytes of the payload: as it is for text and bytes, else of its canonical JSON; absent, with `sha256`, where JSON cannot say it. */
  readonly size?: number;
  /** SHA-256 of the same bytes, hexadecimal. */
  readonly sha256?: string;
  readonly verdict?: EntryVerdict;
  readonly milliseconds?: number;
  /** Values of the payload that the user chose to record, by their path. */
  readonly fields?: Readonly<Record<string, string | number | boolean | null>>;
}

/** One line of the log. */
export interface LogEntry extends EntryDraft {
  /** From 1 on, without gaps. */
  readonly seq: number;
  /** `hash` of the entry before; 64 zeros for the first. */
  readonly prev: string;
  /** SHA-256 of the entry's canonical JSON (RFC 8785) without `hash` and `mac`, hexadecimal. */
  readonly hash: string;
  /** HMAC-SHA256 of `hash`, where the log has a key. */
  readonly mac?: string;
}
