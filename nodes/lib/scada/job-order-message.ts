/** Job orders from a client of the server, in the form in which B2MML documents are read. */
export interface JobOrderMessage {
  readonly payload: readonly unknown[];
  readonly resonance: { readonly isa95: { readonly message: "ProcessJobList" } };
}
