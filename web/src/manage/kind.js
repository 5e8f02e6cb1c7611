/**
 * What the screen has to know of a kind of thing to list it and to edit it.
 *
 * @typedef {import("./fields.js").Field} Field
 * @typedef {import("./world.js").World} World
 *
 * @typedef {object} Editing What is being edited.
 * @property {any} draft
 * @property {any} saved As it is stored; null: it is new.
 * @property {World} world
 * @property {(name: string, value: any) => void} set
 * @property {(name: string) => string | null} fault
 * @property {() => void} refresh Have the form drawn again.
 *
 * @typedef {{title: string, help?: string, fields: Field[]}} Section
 *
 * @typedef {object} Kind
 * @property {string} part Its name in the address, and in the API's paths.
 * @property {string} one What people call one of them.
 * @property {string} title What they call several.
 * @property {string} explain
 * @property {string} scope What a write needs.
 * @property {string} [right] Another right than the scope's usual one.
 * @property {string[]} needs The lists that its form looks things up in.
 * @property {(world: World) => any} fresh
 * @property {(thing: any, world: World) => string} nameOf
 * @property {(thing: any, world: World) => string} noteOf
 * @property {(editing: Editing) => Section[]} sections
 * @property {(draft: any) => any} created What is sent to make one.
 * @property {(changes: any, editing: Editing) => any} [changed] What is sent to change one.
 * @property {(saved: any) => any} [editable] The part of an answer that is edited.
 * @property {(editing: Editing) => unknown} [aside] What a change would do, and what else there is to know.
 * @property {(editing: Editing) => unknown} [links] Where one may want to go from here.
 * @property {string} [deleting] What its deletion means.
 * @property {string} [single] The address of the only one there is: no list, nothing new.
 *
 * @typedef {object} Panel What is no list of things with a form, and draws itself.
 * @property {string} part
 * @property {string} title
 * @property {string} explain
 * @property {string[]} needs
 * @property {(world: World) => unknown} panel
 */

export {};
