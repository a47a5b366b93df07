import { readFileSync } from "node:fs";
import path from "node:path";
import { ResonanceError } from "../errors/resonance-error";

/** What TLS needs beside the system's authorities, as PEM. */
export interface TlsMaterial {
  /** Authorities to trust instead of the system's. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  /** Name in the server's certificate where it is not the host of the URL. */
  readonly servername?: string;
}

/** Where certificates are: in files, or as text among the credentials; a file goes first. */
export interface TlsSources {
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly servername?: string | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly passphrase?: string | undefined;
}

/**
 * Reads what TLS needs; paths that are not absolute begin in `folder`. Nothing where nothing is given.
 * @throws RESONANCE_CONFIG_INVALID for a file or text without PEM, with the setting's name as path
 */
export function readTls(sources: TlsSources, folder: string): TlsMaterial | undefined {
  const ca = pem("caFile", sources.caFile, sources.ca, folder);
  const cert = pem("certFile", sources.certFile, sources.cert, folder);
  const key = pem("keyFile", sources.keyFile, sources.key, folder);
  const servername = sources.servername?.trim();
  const tls: TlsMaterial = {
    ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }),
    ...(key !== undefined && sources.passphrase && { passphrase: sources.passphrase }), ...(servername && { servername }),
  };
  return Object.keys(tls).length > 0 ? tls : undefined;
}

function pem(setting: string, file = "", text = "", folder: string): string | undefined {
  const name = file.trim();
  if (name === "" && text.trim() === "") return undefined;
  const found = name === "" ? restore(text) : read(setting, path.resolve(folder, name));
  if (!/-----BEGIN [A-Z0-9 ]+-----[\s\S]+-----END/.test(found)) throw invalid(setting, name === "" ? "the text holds no PEM" : `${name} holds no PEM`);
  return found;
}

function read(setting: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw invalid(setting, `${file} cannot be read`);
  }
}

/** A one-line field of a form takes the line ends out of what is pasted. */
function restore(text: string): string {
  return text.replace(/(-----BEGIN [A-Z0-9 ]+-----)([^-]+)(-----END [A-Z0-9 ]+-----)/g, (_, begin: string, body: string, end: string) =>
    `${begin}\n${/^[\w\s+/=]+$/.test(body) ? body.trim().replace(/\s+/g, "\n") : body.trim()}\n${end}\n`);
}

function invalid(setting: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
}
