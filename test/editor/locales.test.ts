import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import errorTexts from "../../nodes/lib/errors/error-texts.json";

const nodes = path.resolve(__dirname, "..", "..", "nodes");
const languages = ["en-US", "zh-CN", "de"] as const;
const names = readdirSync(nodes).filter((name) => existsSync(path.join(nodes, name, `${name}.editor.ts`)));
const read = (...parts: readonly string[]): string => readFileSync(path.join(nodes, ...parts), "utf8");

type Tree = { readonly [key: string]: string | Tree };

/** A catalogue as a list of dotted keys with their texts. */
function flatten(tree: Tree, before = ""): Map<string, string> {
  return new Map(Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === "string" ? [[before + key, value]] : [...flatten(value, `${before}${key}.`)]));
}
const catalogue = (...parts: readonly string[]): Map<string, string> => flatten(JSON.parse(read(...parts)) as Tree);
const common = (language: string): Map<string, string> => catalogue("lib", "editor", "locales", `${language}.json`);
const own = (name: string, language: string): Map<string, string> => catalogue(name, "locales", language, `${name}.json`);

const all = (text: string, expression: RegExp): string[] => [...text.matchAll(expression)].map((match) => match[1] ?? "");
const placeholders = (text: string): string[] => all(text, /(__\w+?__)/g).sort();

/** Keys a form or script asks for by name. */
const keysOf = (source: string): string[] => [
  ...all(source, /data-i18n="(?:\[\w+\])?([\w.]+)"/g),
  ...all(source, /(?:\btext|\._)\("([\w.]+)"/g),
];

describe("texts in three languages", () => {
  for (const [title, load] of [
    ["shared widgets", common] as const,
    ...names.map((name) => [name, (language: string) => own(name, language)] as const),
  ]) {
    it(`${title}: every language has the same keys and placeholders, and no empty text`, () => {
      const english = load("en-US");
      for (const language of languages) {
        const texts = load(language);
        assert.deepEqual([...texts.keys()], [...english.keys()], language);
        for (const [key, text] of texts) {
          assert.notEqual(text.trim(), "", `${language} ${key}`);
          assert.deepEqual(placeholders(text), placeholders(english.get(key) ?? ""), `${language} ${key}`);
        }
      }
    });
  }

  for (const name of names) {
    it(`${name}: every text that form and script ask for is there`, () => {
      const known = own(name, "en-US");
      const shared = common("en-US");
      const scripts = readdirSync(path.join(nodes, name)).filter((file) => file.endsWith(".editor.ts"));
      for (const key of [`${name}.html`, ...scripts].flatMap((file) => keysOf(read(name, file)))) {
        assert.ok(key.startsWith("common.") ? shared.has(key.slice("common.".length)) : known.has(key), key);
      }
    });

    it(`${name}: every status the node shows is there and short`, () => {
      const source = existsSync(path.join(nodes, name, `${name}.ts`)) ? read(name, `${name}.ts`) : "";
      const shown = [...all(source, /status\.count\("(\w+)"/g), ...all(source, /status\.show\("\w+", "\w+", "(\w+)"/g)];
      for (const language of languages) {
        const known = own(name, language);
        for (const key of shown) assert.ok(known.has(`status.${key}`), `${language} status.${key}`);
        for (const [key, text] of known) {
          if (key.startsWith("status.")) assert.ok(text.replace(/__\w+?__/g, "99").length < 20, `${language}: ${text}`);
        }
      }
    });

    it(`${name}: help has the same parts and error codes in every language, and only codes that exist`, () => {
      const shape = (language: string): object => {
        const help = read(name, "locales", language, `${name}.html`);
        assert.match(help, /^<p>/, "the first paragraph is the tooltip");
        const codes = all(help, /(RESONANCE_[A-Z0-9_]+)/g);
        for (const code of codes) assert.ok(code in errorTexts, code);
        return { tags: all(help, /<(h3|dl|dt|ol|ul|li|p)\b/g), properties: all(help, /<dt[^>]*>([\w.]+)/g), codes };
      };
      for (const language of languages) assert.deepEqual(shape(language), shape("en-US"), language);
    });
  }

  it("shared widgets ask only for shared texts, and all of them are there", () => {
    const shared = common("en-US");
    const sources = readdirSync(path.join(nodes, "lib", "editor")).filter((file) => file.endsWith(".ts"));
    const partials = readdirSync(path.join(nodes, "lib", "editor", "partials")).map((file) => path.join("partials", file));
    for (const key of [...sources, ...partials].flatMap((file) => keysOf(read("lib", "editor", file)))) {
      assert.ok(key.startsWith("common.") && shared.has(key.slice("common.".length)), key);
    }
  });
});
