/** Posts JSON to the runtime and gives its answer; jQuery sends the editor's access token along, `fetch` would not. */
export function postJson<A>(address: string, body: object): Promise<A> {
  return new Promise((resolve, reject) => {
    $.ajax({ url: address, method: "POST", contentType: "application/json", dataType: "json", data: JSON.stringify(body) })
      .done((answer: A) => resolve(answer))
      .fail((request) => reject(new Error(`${request.status} ${request.statusText}`)));
  });
}

/** Gets JSON from the runtime. */
export function getJson<A>(address: string, query: Readonly<Record<string, string>>): Promise<A> {
  return new Promise((resolve, reject) => {
    $.getJSON(address, query)
      .done((answer: A) => resolve(answer))
      .fail((request) => reject(new Error(`${request.status} ${request.statusText}`)));
  });
}
