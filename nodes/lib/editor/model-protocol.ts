import type { ValidateOptions } from "./red";
import { validate, type Check } from "./validators";

/**
 * A validator that counts only while a model runs by this protocol: as the open form says, else as the model itself does. The editor calls it on
 * the model.
 */
export function forProtocol(protocol: string, ...checks: readonly Check[]) {
  return function (this: void | { readonly protocol?: string }, value: unknown, opt: ValidateOptions): true | string {
    const chosen = $("#node-config-input-protocol").val() ?? this?.protocol;
    return chosen === protocol ? validate(...checks)(value, opt) : true;
  };
}
