import { ResonanceError } from "../errors/resonance-error";

const LONGEST_BYTES = 0xffff;

/** A name as one level of a topic: no separator, wildcard or control character, no `$` first, never empty. */
export function topicLevel(name: string): string {
  // eslint-disable-next-line no-control-regex -- MQTT 5.0 §4.7.3 and §1.5.4: no U+0000, better no other control character
  const clean = name.trim().replace(/[/+#\u0000-\u001f\u007f-\u009f]/g, "_").replace(/^\$/, "_");
  return clean === "" ? "_" : clean;
}

/** Several levels, each clean: `acme/shanghai/line-1`. */
export function topicPath(path: string): string {
  return path.split("/").map(topicLevel).join("/");
}

/**
 * A topic to publish to (MQTT 5.0 §4.7).
 * @throws RESONANCE_MQTT_TOPIC_INVALID when it is empty, too long, begins with `$` or holds a wildcard.
 */
export function checkTopic(topic: string): string {
  const detail = topic === "" ? "it is empty"
    : /[+#\0]/.test(topic) ? "it holds +, # or a null character"
      : topic.startsWith("$") ? "topics with $ belong to the broker"
        : Buffer.byteLength(topic) > LONGEST_BYTES ? "it is longer than 65535 bytes" : undefined;
  if (detail !== undefined) throw new ResonanceError("RESONANCE_MQTT_TOPIC_INVALID", { topic: topic.slice(0, 200), detail });
  return topic;
}

/** Whether a text is a usable topic filter: `+` and `#` only as whole levels, `#` only last. */
export function isTopicFilter(filter: string): boolean {
  if (filter === "" || filter.includes("\0") || Buffer.byteLength(filter) > LONGEST_BYTES) return false;
  const levels = filter.split("/");
  return levels.every((level, index) => level === "+" || (level === "#" && index === levels.length - 1) || !/[+#]/.test(level));
}

/**
 * The filter as the broker gets it: with a group, only one member of the group gets each message (MQTT 5.0 §4.8.2).
 * @throws RESONANCE_CONFIG_INVALID for an unusable filter or group, with the setting's name as path.
 */
export function subscriptionFilter(filter: string, group?: string): string {
  if (!isTopicFilter(filter)) throw invalid("topic", `"${filter}" is no topic filter: + and # stand alone in their level, # only at the end`);
  if (group === undefined || group === "") return filter;
  if (/[/+#\0]/.test(group)) throw invalid("sharedGroup", "a group's name holds no /, + or #");
  return `$share/${group}/${filter}`;
}

/** Compiles a filter (a shared one by its own filter) to the test whether a topic fits. */
export function compileFilter(filter: string): (topic: string) => boolean {
  const levels = filter.replace(/^\$share\/[^/]+\//, "").split("/");
  if (!levels.includes("+") && levels.at(-1) !== "#") {
    const exact = levels.join("/");
    return (topic) => topic === exact;
  }
  // A wildcard in the first level does not match topics of the broker's own.
  const pattern = levels.map((level, index) => level === "+" ? (index === 0 ? "(?!\\$)[^/]*" : "[^/]*") : level.replace(/[$()*+.?[\\\]^{|}]/g, "\\$&"));
  const open = levels.at(-1) === "#";
  if (!open) return tester(`^${pattern.join("/")}$`);
  const parents = pattern.slice(0, -1).join("/");
  return tester(parents === "" && levels.length === 1 ? "^(?!\\$)" : `^${parents}(?:/|$)`);
}

function tester(source: string): (topic: string) => boolean {
  const expression = new RegExp(source, "s");
  return (topic) => expression.test(topic);
}

function invalid(setting: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
}
