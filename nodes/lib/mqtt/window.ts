/** Work of which only so much may be under way at once; the rest waits in order. */
export interface Window {
  run(work: () => Promise<void>): Promise<void>;
  /** Fails what waits, in order, and all that comes. */
  close(error: Error): void;
}

/** A window for `limit` pieces of work. */
export function createWindow(limit: number): Window {
  const waiting: { readonly start: () => void; readonly fail: (error: Error) => void }[] = [];
  let underWay = 0;
  let closed: Error | undefined;

  const begin = (work: () => Promise<void>): Promise<void> => {
    underWay += 1;
    return work().finally(() => {
      underWay -= 1;
      if (!closed) waiting.shift()?.start();
    });
  };
  return {
    run(work) {
      if (closed) return Promise.reject(closed);
      if (underWay < limit && waiting.length === 0) return begin(work);
      return new Promise((resolve, reject) => { waiting.push({ start: () => { resolve(begin(work)); }, fail: reject }); });
    },
    close(error) {
      closed = error;
      for (const { fail } of waiting.splice(0)) fail(error);
    },
  };
}
