import type { JobOrderMessage } from "./job-order-message";
import type { Place } from "./equipment-tree";
import type { Space } from "./space";
export function addJobOrderReceiver(_space: Space, _place: Place, _tell: (message: JobOrderMessage) => void): void { }
