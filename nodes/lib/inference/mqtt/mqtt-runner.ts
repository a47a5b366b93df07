import { randomBytes, randomUUID } from "node:crypto";
import { ResonanceError, toResonanceError } from "../../errors/resonance-error";
import type { MqttConnection } from "../../mqtt/connection";
import { checkTopic, topicLevel } from "../../mqtt/topic";
import type { AskOptions, ModelRunner, Question, RawAnswer } from "../model";
import type { Target } from "../model-error";
import type { ExchangeForm } from "../request/exchange-form";
import { createAnswerBook, type AnswerCounts } from "./answer-book";
import { isAway, toModelFailure } from "./failure";

/** A model that is asked by a message and answers by one (MQTT 5.0 §4.10, request/response). */
export interface MqttRunnerOptions {
  readonly connection: MqttConnection;
  readonly requestTopic: string;
  /** Answers come to `<base>/<client>/<a UUID of this runner>`; empty: `<request topic>/answer`. */
  readonly responseBase: string;
  readonly userProperties: readonly { readonly name: string; readonly value: string }[];
  /** Milliseconds from the question to its answer; the broker forgets a request that is older. */
  readonly timeout: number;
  /** Bytes of an answer at most. */
  readonly maxBytes: number;
  readonly repeatable: boolean;
  /** The model's name in error texts. */
  readonly model: string;
  readonly exchange: ExchangeForm;
  /** Told once of each kind of message on the answer's topic that answers nothing (RESONANCE_MODEL_STRAY_ANSWER). */
  notice?(remark: ResonanceError): void;
}

/** A runner that counts what came to its topic and answered nothing. */
export interface MqttRunner extends ModelRunner {
  readonly responseTopic: string;
  strays(): AnswerCounts;
}

/**
 * Asks over the broker's shared connection, which is used from the first question on. A question fails at once while the broker is away.
 * @throws RESONANCE_CONFIG_INVALID, RESONANCE_MQTT_TOPIC_INVALID
 */
export function createMqttRunner(options: MqttRunnerOptions): MqttRunner {
  const { connection, model, timeout, repeatable, maxBytes } = options;
  if (!(timeout > 0 && timeout <= 0x7fffffff)) throw invalid("timeout", `${timeout} is no positive number of milliseconds`);
  const requestTopic = checkTopic(options.requestTopic.trim());
  const base = checkTopic(options.responseBase.trim() || `${requestTopic}/answer`);
  const responseTopic = checkTopic(`${base}/${topicLevel(connection.clientId)}/${randomUUID()}`);
  const userProperties = propertiesOf(options.userProperties);
  const target: Target = { model, url: `${connection.url} ${requestTopic}`, timeout };
  const remarked = new Set<string>();
  const book = createAnswerBook((kind) => {
    if (remarked.has(kind)) return;
    remarked.add(kind);
    options.notice?.(new ResonanceError("RESONANCE_MODEL_STRAY_ANSWER", { model, topic: responseTopic, kind }));
  });
  let subscription: { close(): void } | undefined;
  let subscribed = false;
  let closed = false;
  const waiting = new Set<(error?: ResonanceError) => void>();

  const settle = (error?: ResonanceError): void => { for (const resolve of [...waiting]) resolve(error); };
  const away = (): ResonanceError | undefined => {
    const { state, error } = connection.status();
    return state === "connected" || (state === "connecting" && !error) ? undefined : unreachable(error?.message ?? state);
  };
  /** The subscription may stand a moment before the connection takes requests. */
  const isOpen = (): boolean => subscribed && connection.status().state === "connected";
  const settleIfOpen = (): void => { if (isOpen()) settle(); };
  const unreachable = (detail: string): ResonanceError => new ResonanceError("RESONANCE_MODEL_UNREACHABLE", { ...target, detail });
  const ignoreState = connection.onState(() => {
    const error = away();
    if (!error) { settleIfOpen(); return; }
    subscribed = false;
    book.failAll(error);
    if (subscription) settle(error);
  });
  const subscribe = (): void => {
    subscription ??= connection.subscribe({ filter: responseTopic, qos: 1 }, {
      message({ payload, properties: { correlationData } }, taken) {
        taken();
        book.take(correlationData?.toString("hex"), payload);
      },
      problem(error) { if (error.code === "RESONANCE_MQTT_SUBSCRIBE_REFUSED") settle(error); },
      active(on) {
        subscribed = on;
        settleIfOpen();
      },
    });
  };
  /** Until the broker has granted the subscription: no request leaves before its answer can come. */
  const open = (signal: AbortSignal): Promise<void> => new Promise((resolve, reject) => {
    subscribe();
    const known = away();
    if (known) { reject(known); return; }
    if (isOpen()) { resolve(); return; }
    const end = (error?: ResonanceError): void => {
      waiting.delete(end);
      if (error) reject(error);
      else resolve();
    };
    waiting.add(end);
    signal.addEventListener("abort", () => { end(signal.reason as ResonanceError); }, { once: true });
  });
  const exchange = async (question: Question, signal: AbortSignal): Promise<RawAnswer> => {
    const expiresAt = Date.now() + timeout;
    await open(signal);
    if (connection.version() === 4) throw invalid("broker", "request/response needs MQTT 5, but this broker speaks MQTT 3.1.1");
    const correlationData = randomBytes(16);
    const answer = book.expect(correlationData.toString("hex"), signal);
    const publishing = connection.publish({
      topic: requestTopic, payload: Buffer.from(options.exchange.encode(question)), qos: 1, retain: false, expiresAt,
      properties: { contentType: "application/json", responseTopic, correlationData, ...(userProperties && { userProperties }) },
    });
    publishing.catch((thrown: unknown) => { book.fail(correlationData.toString("hex"), toResonanceError(thrown)); });
    const payload = await answer;
    if (payload.length > maxBytes) throw new ResonanceError("RESONANCE_MODEL_ANSWER_INVALID", { detail: `${payload.length} bytes, ${maxBytes} are allowed` });
    return options.exchange.decode(payload.toString("utf8"), question, target);
  };

  return {
    repeatable, responseTopic,
    strays: () => book.counts(),
    async ask(question, { signal }: AskOptions = {}) {
      if (closed || signal?.aborted === true) throw new ResonanceError("RESONANCE_MODEL_CLOSED");
      const end = new AbortController();
      const cancel = (): void => { end.abort(new ResonanceError("RESONANCE_MODEL_CLOSED")); };
      const timer = setTimeout(() => { end.abort(new ResonanceError("RESONANCE_MODEL_TIMEOUT", { ...target })); }, timeout);
      signal?.addEventListener("abort", cancel);
      try {
        return await exchange(question, end.signal);
      } catch (thrown) {
        const error = toResonanceError(thrown);
        if (error.code === "RESONANCE_MODEL_ANSWER_INVALID") book.garbage();
        throw isAway(error) ? unreachable(error.message) : toModelFailure(error, target);
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener("abort", cancel);
      }
    },
    async ready() {
      const end = new AbortController();
      const timer = setTimeout(() => { end.abort(unreachable("no subscription")); }, timeout);
      try {
        await open(end.signal);
        return connection.version() === 5;
      } catch {
        return false;
      } finally {
        clearTimeout(timer);
      }
    },
    close() {
      closed = true;
      ignoreState();
      const error = new ResonanceError("RESONANCE_MODEL_CLOSED");
      book.failAll(error);
      settle(error);
      subscription?.close();
      return Promise.resolve();
    },
  };
}

/** None where there are none: a message with an empty list of them does not arrive. */
function propertiesOf(rows: MqttRunnerOptions["userProperties"]): Readonly<Record<string, readonly string[]>> | undefined {
  const properties = new Map<string, string[]>();
  rows.forEach(({ name, value }, index) => {
    if (name.trim() === "") throw invalid(`userProperties/${index}/name`, "a property needs a name");
    properties.set(name, [...properties.get(name) ?? [], value]);
  });
  return properties.size === 0 ? undefined : Object.fromEntries(properties);
}

function invalid(setting: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
}
