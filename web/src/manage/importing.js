/**
 * Many things from a file, and to a file: first it is tried, then it is done.
 *
 * @typedef {{created: number, changed: number, unchanged: number, applied: boolean,
 *   rejected: {line: number, id: string | null, detail: string}[]}} Report
 * @typedef {import("../live/api.js").RefusedError} RefusedError
 */

import { html, nothing } from "lit";

import { writeFile } from "../live/api.js";
import { LightElement } from "../parts/light.js";
import { saveTable } from "./table_file.js";

const LINES_SHOWN = 100;
/** @type {Record<string, string>} */
const TYPES = { csv: "text/csv", json: "application/json", ndjson: "application/x-ndjson", jsonl: "application/x-ndjson" };

/**
 * Send a file; a refusal, too, may tell line by line what cannot be.
 *
 * @param {string} path
 * @param {File} file
 * @param {string} type
 * @returns {Promise<{report: Report | null, fault: string}>}
 */
async function told(path, file, type) {
  try {
    return { report: await writeFile(path, file, type), fault: "" };
  } catch (refused) {
    const { body, message } = /** @type {RefusedError} */ (refused);
    return { report: body.rejected ? /** @type {Report} */ (body) : null, fault: message };
  }
}

export class ThingFiles extends LightElement {
  /** @type {{part: string, title: string, lack: string | null, onDone: () => void} | null} */
  #kind = null;
  /** @type {File | null} */
  #file = null;
  /** @type {Report | null} */
  #report = null;
  #fault = "";
  #isBusy = false;

  /** @param {{part: string, title: string, lack: string | null, onDone: () => void}} kind */
  set kind(kind) {
    if (kind.part !== this.#kind?.part) [this.#file, this.#report, this.#fault] = [null, null, ""];
    this.#kind = kind;
    this.requestUpdate();
  }

  /** @param {boolean} isTrial */
  async #send(isTrial) {
    const file = this.#file;
    if (!file || !this.#kind) return;
    this.#isBusy = true;
    this.requestUpdate();
    const type = TYPES[file.name.split(".").at(-1)?.toLowerCase() ?? ""] ?? "text/csv";
    const mode = isTrial ? "good" : "all";
    const { report, fault } = await told(`/v1/${this.#kind.part}/import?dry_run=${isTrial}&mode=${mode}`, file, type);
    // The answer to a file that another one has replaced says nothing about that one.
    if (this.#file !== file) return;
    [this.#report, this.#fault, this.#isBusy] = [report, fault, false];
    if (report?.applied) this.#kind.onDone();
    this.requestUpdate();
  }

  async #export() {
    const { part } = /** @type {{part: string}} */ (this.#kind);
    try {
      await saveTable(`/v1/${part}`, `${part}.csv`);
    } catch (fault) {
      this.#fault = /** @type {Error} */ (fault).message;
      this.requestUpdate();
    }
  }

  /** @override */
  render() {
    if (!this.#kind) return nothing;
    const { title, lack } = this.#kind;
    const many = title.toLowerCase();
    return html`<section class="files"><h2>${title} as files</h2>
      <p>A table (CSV), a JSON array, or JSON lines, with the fields that the API has; whatever has an id that exists is changed.</p>
      ${lack ? nothing : html`<p class="row"><label class="file">File <input type="file" accept=".csv,.json,.ndjson,.jsonl" @change=${(/** @type {any} */ event) => {
        [this.#file] = event.target.files;
        this.#send(true);
      }}></label></p>`}
      ${this.#fault ? html`<p class="fault" role="alert">${this.#fault}</p>` : nothing}
      ${this.#report ? this.#told(this.#report) : nothing}
      <p class="row"><button type="button" @click=${() => this.#export()}>Export ${many} as CSV</button></p></section>`;
  }

  /** @param {Report} report */
  #told({ created, changed, unchanged, applied, rejected }) {
    const numbers = `${created} new, ${changed} changed, ${unchanged} as before`;
    const shown = rejected.slice(0, LINES_SHOWN);
    return html`<p role="status">${applied ? "Imported: " : "The file would make: "}${numbers}${rejected.length ? `; ${rejected.length} cannot be read or stored` : ""}.</p>
      ${shown.length ? html`<table class="rejected"><caption class="unseen">Lines that cannot be imported</caption>
        <thead><tr><th scope="col">Line</th><th scope="col">Id</th><th scope="col">Why not</th></tr></thead>
        <tbody>${shown.map(({ line, id, detail }) => html`<tr><th scope="row">${line}</th><td>${id ?? ""}</td><td>${detail}</td></tr>`)}</tbody></table>` : nothing}
      ${applied ? nothing : html`<p class="row"><button type="button" class="first" ?disabled=${this.#isBusy || rejected.length > 0 || created + changed === 0} @click=${() => this.#send(false)}>Import it</button></p>`}`;
  }
}

customElements.define("thing-files", ThingFiles);
