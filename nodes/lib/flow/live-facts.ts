/** What only the running flow tells, by node id; each part may be missing. */
export interface LiveFacts {
  /** Names of the credentials that are set; never what they are. */
  readonly secrets?: Readonly<Record<string, readonly string[]>>;
  readonly connections?: Readonly<Record<string, ConnectionFacts>>;
  /** Own certificates of a node, by the setting that names them. */
  readonly certificates?: Readonly<Record<string, readonly CertificateFact[]>>;
  /** Whether a node's PKI folder holds revocation lists. */
  readonly revocationLists?: Readonly<Record<string, boolean>>;
  /** Clients that are connected to a server of the flow. */
  readonly clients?: Readonly<Record<string, readonly ClientFacts[]>>;
  readonly runtime?: RuntimeFacts;
}

export interface ConnectionFacts {
  readonly state: string;
  /** Code of the trouble it is in. */
  readonly error?: string;
  /** As agreed with the server. */
  readonly security?: { readonly mode: string; readonly policy: string };
  /** The server's. */
  readonly certificate?: CertificateFact;
}

export interface CertificateFact {
  readonly setting: string;
  readonly subject: string;
  /** ISO 8601 UTC */
  readonly expires: string;
}

/** Who is connected, as the protocol tells it. */
export interface ClientFacts {
  readonly name: string;
  readonly applicationUri: string;
  readonly address?: string;
  /** Of the login; absent where it is anonymous. */
  readonly user?: string;
  readonly mode: string;
  readonly policy: string;
  /** SHA-256, hexadecimal. */
  readonly thumbprint?: string;
}

/** Settings of the runtime that decide who may change the flow. */
export interface RuntimeFacts {
  /** The address it listens on; `0.0.0.0` for all. */
  readonly host: string;
  readonly port: number;
  readonly https: boolean;
  /** Whether the editor asks for a log-in. */
  readonly adminAuth: boolean;
  /** Whether HTTP nodes ask for one. */
  readonly httpNodeAuth: boolean;
  /** Whether an editor or its API is served at all. */
  readonly editor: boolean;
  /** Whether credentials are encrypted on the disk; absent where nothing tells. */
  readonly secretsEncrypted?: boolean;
}
