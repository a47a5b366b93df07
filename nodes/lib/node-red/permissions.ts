/**
 * The rights the editor's requests ask for under `adminAuth`, the same for every node of the pack: who may see flows may look, who may
 * deploy flows may do the rest. Rights of its own would lock users out to whom an administrator gave `flows.write` alone, and protect
 * nothing: such a user can deploy a flow that does the same.
 */
export const PERMISSIONS = { look: "flows.read", act: "flows.write" } as const;
