import { ResonanceError } from "../errors/resonance-error";

/**
 * Waits for a promise that others wait for too, but no longer than until `signal` is aborted.
 * @throws RESONANCE_MODEL_CLOSED when aborted
 */
export async function untilAborted<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return shared;
  let cancel = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    cancel = () => reject(new ResonanceError("RESONANCE_MODEL_CLOSED"));
    if (signal.aborted) cancel();
    else signal.addEventListener("abort", cancel, { once: true });
  });
  try {
    return await Promise.race([shared, aborted]);
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}
