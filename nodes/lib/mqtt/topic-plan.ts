import { ResonanceError } from "../errors/resonance-error";
import { topicLevel, topicPath } from "./topic";

/** What a placeholder of a topic may stand for; what is absent has no value in this message. */
export interface TopicFacts {
  /** ISA-95 place: `enterprise/site/area/work center/work unit`. */
  readonly equipment?: string | undefined;
  readonly category?: string | undefined;
  readonly direction?: string | undefined;
  readonly nature?: string | undefined;
  readonly model?: string | undefined;
  readonly tag?: string | undefined;
  /** `msg.topic` */
  readonly topic?: string | undefined;
}

const LEVELS = ["enterprise", "site", "area", "workCenter", "workUnit"];
const PATHS: readonly string[] = ["equipment", "topic"];
export const PLACEHOLDERS: readonly string[] = [...LEVELS, "equipment", "category", "direction", "nature", "model", "tag", "topic"];
const PLACEHOLDER = /\{(\w+)\}/g;

/**
 * Compiles a topic with placeholders such as `{equipment}/{category}`; what stands for them is made clean level by level.
 * @throws RESONANCE_CONFIG_INVALID for a placeholder that is not known, or a wildcard
 */
export function compileTopic(template: string): (facts: TopicFacts) => string {
  for (const [, name = ""] of template.matchAll(PLACEHOLDER)) {
    if (!PLACEHOLDERS.includes(name)) throw invalid(`{${name}} is none of ${PLACEHOLDERS.map((each) => `{${each}}`).join(", ")}`);
  }
  if (/[+#\0]/.test(template)) throw invalid("a topic holds no + or #");
  if (template.startsWith("$")) throw invalid("topics with $ belong to the broker");
  return (facts) => template.replace(PLACEHOLDER, (_, name: string) => {
    const value = factOf(facts, name);
    if (value === undefined || value === "") throw new ResonanceError("RESONANCE_MQTT_TOPIC_INVALID", { topic: template, detail: `{${name}} has no value in this message` });
    return PATHS.includes(name) ? topicPath(value) : topicLevel(value);
  });
}

/** Whether the template tells tags apart, so that each sample has a topic of its own. */
export function namesTag(template: string): boolean {
  return template.includes("{tag}");
}

function factOf(facts: TopicFacts, name: string): string | undefined {
  const level = LEVELS.indexOf(name);
  return level < 0 ? facts[name as keyof TopicFacts] : facts.equipment?.split("/")[level];
}

/** Topic filter of what is published below a place: all of it, or one category or direction. */
export function placeFilter(equipment: string, category: string, direction: string): string {
  const place = topicPath(equipment);
  if (category === "" && direction === "") return `${place}/#`;
  return `${place}/${category === "" ? "+" : topicLevel(category)}/${direction === "" ? "+" : topicLevel(direction)}`;
}

function invalid(detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "topic", detail }, { path: "topic" });
}
