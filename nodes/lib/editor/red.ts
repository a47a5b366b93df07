/** What the forms use of Node-RED's editor; the published types stop at Node-RED 1. */

export interface ValidateOptions {
  /** The property's name as the form shows it. */
  readonly label?: string;
}

/** `true`, or a sentence in the user's language. */
export type Validate = (value: unknown, opt: ValidateOptions) => true | string;

export interface PropertyDefinition<V> {
  readonly value: V;
  readonly label?: string;
  readonly required?: boolean;
  /** Type of the configuration node whose id the property holds. */
  readonly type?: string;
  readonly validate?: Validate;
}

export interface CredentialDefinition {
  readonly type: "text" | "password";
  readonly label?: string;
  readonly validate?: Validate;
}

/** What every node of the editor has besides its own properties. */
export interface EditorNode {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  /** Whether it was changed since the last deploy. */
  readonly changed?: boolean;
  /** Looks a text of the node's own catalogue up. */
  _(key: string, values?: Readonly<Record<string, string | number>>): string;
}

export interface NodeDefinition<P extends object> {
  readonly category: string;
  readonly color: string;
  readonly icon: string;
  readonly inputs?: 0 | 1;
  readonly outputs?: number;
  readonly align?: "right";
  readonly defaults: { readonly [K in keyof P]: PropertyDefinition<P[K]> } & {
    readonly name: PropertyDefinition<string>;
    readonly version: PropertyDefinition<number>;
  };
  readonly credentials?: Readonly<Record<string, CredentialDefinition>>;
  readonly inputLabels?: () => string;
  readonly outputLabels?: (index: number) => string;
  readonly paletteLabel?: () => string;
  readonly label: () => string;
  readonly labelStyle?: () => string;
  readonly oneditprepare?: () => void;
  readonly oneditsave?: () => void;
  readonly oneditcancel?: () => void;
  readonly oneditresize?: () => void;
}

/** A text editor made by `RED.editor.createEditor`. */
export interface TextEditor {
  getValue(): string;
  destroy(): void;
}

/** A dialog that slides over the forms that are open; its title is taken as HTML. */
export interface TrayOptions {
  readonly title: string;
  readonly width: number;
  readonly buttons: readonly { readonly id: string; readonly text: string; readonly class?: "primary"; click(): void }[];
  open(tray: JQuery): void;
  close(): void;
  show(): void;
}

export interface EditorApi {
  _(key: string, values?: Readonly<Record<string, string | number>>): string;
  readonly nodes: {
    registerType<P extends object>(type: string, definition: NodeDefinition<P> & ThisType<P & EditorNode>): void;
    node(id: string): (EditorNode & Record<string, unknown>) | null;
    convertNode(node: object, options: { credentials: boolean }): Record<string, unknown>;
    updateConfigNodeUsers(node: object, options: { action: "add" | "remove" }): void;
    getAllUpstreamNodes(node: object): readonly (EditorNode & Record<string, unknown>)[];
    dirty(changed?: boolean): boolean;
    eachNode(visit: (node: EditorNode & Record<string, unknown>) => void): void;
    filterNodes(filter: { type: string }): readonly (EditorNode & Record<string, unknown>)[];
  };
  readonly events: { on(event: string, handler: () => void): void; emit(event: string, detail: object): void };
  readonly history: { push(event: object): void };
  readonly view: { reveal(id: string): void; redraw(): void };
  readonly i18n: { lang(): string };
  notify(sentence: string, type: "warning" | "error"): void;
  readonly tray: {
    show(options: TrayOptions): void;
    close(then?: () => void): void;
  };
  readonly editor: { createEditor(options: { id: string; mode: string; value: string }): TextEditor; validateNode(node: object): void };
}

declare global {
  const RED: EditorApi;
}
