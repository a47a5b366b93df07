import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/** A certificate authority: its files. */
export interface Authority { readonly key: string; readonly cert: string }

/** Makes an authority of its own in `folder`. */
export function authority(folder: string, name: string): Authority {
  const made = { key: path.join(folder, `${name}.key`), cert: path.join(folder, `${name}.pem`) };
  openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", `/CN=${name}`, "-keyout", made.key, "-out", made.cert);
  return made;
}

/** A certificate of `ca` for `host` that ends in `days` days; one that ended began two days before it did. */
export function certificate(folder: string, ca: Authority, name: string, host: string, days: number): { key: string; cert: string } {
  const file = (extension: string): string => path.join(folder, `${name}.${extension}`);
  const stamp = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().replace(/[-:T]|\.\d+/g, "");
  writeFileSync(file("ext"), `subjectAltName=${host}\n`);
  writeFileSync(file("index"), "");
  writeFileSync(file("cnf"), `[ca]\ndefault_ca=d\n[d]\ndatabase=${file("index")}\nnew_certs_dir=${folder}\nrand_serial=yes\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n`);
  openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", `/CN=${name}`, "-keyout", file("key"), "-out", file("csr"));
  openssl("ca", "-batch", "-notext", "-config", file("cnf"), "-in", file("csr"), "-out", file("pem"), "-cert", ca.cert, "-keyfile", ca.key, "-extfile", file("ext"), "-startdate", stamp(Math.min(0, days) - 2), "-enddate", stamp(days));
  return { key: readFileSync(file("key"), "utf8"), cert: readFileSync(file("pem"), "utf8") };
}

function openssl(...parameters: readonly string[]): void {
  execFileSync("openssl", parameters, { stdio: "pipe" });
}
