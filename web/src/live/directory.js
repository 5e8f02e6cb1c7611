/**
 * Names for ids: people, teams, metrics, and the organisation's currency.
 *
 * Read once, and again when an id turns up that is not known. Until then the id itself
 * is shown, which is never wrong.
 */

/** @typedef {import("./messages.js").Principal} Principal */

const PAGE = 1000;
const PAUSE_MS = 3000;

/**
 * Return all things of a list, by their ids.
 *
 * @param {string} path
 * @param {Record<string, string>} [filter] Which of them.
 * @returns {Promise<Map<string, any>>}
 */
export async function readAll(path, filter = {}) {
  const items = [];
  /** @type {string | null} */
  let after = null;
  do {
    const query = new URLSearchParams({ ...filter, limit: String(PAGE), ...(after ? { after } : {}) });
    const answer = await fetch(`${path}?${query}`);
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
    /** @type {{items: any[], next: string | null}} */
    const page = await answer.json();
    items.push(...page.items);
    after = page.next;
  } while (after);
  return new Map(items.map((item) => [item.id, item]));
}

export class Directory {
  /** @type {Record<string, Map<string, any>>} */
  #people = { user: new Map(), team: new Map() };
  /** @type {Map<string, any>} */
  #metrics = new Map();
  #currency = "";
  #missing = new Set();
  /** @type {Promise<void> | null} */
  #answer = null;
  /** @type {ReturnType<typeof setTimeout> | null} */
  #reading = null;
  #onChange;

  /** @param {() => void} onChange Told when names have changed. */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** Read all names; who asks while they are being read waits for the same answer. */
  read() {
    this.#answer ??= this.#readAll().finally(() => {
      this.#answer = null;
    });
    return this.#answer;
  }

  async #readAll() {
    const [users, teams, metrics, organization] = await Promise.all([
      readAll("/v1/users"),
      readAll("/v1/teams"),
      readAll("/v1/metrics"),
      fetch("/v1/organization").then((answer) => (answer.ok ? answer.json() : /** @type {{base_currency?: string}} */ ({}))),
    ]);
    this.#people = { user: users, team: teams };
    this.#metrics = metrics;
    this.#currency = organization.base_currency ?? "";
    this.#onChange();
  }

  /** @param {Principal} principal */
  nameOf({ type, id }) {
    return this.#known(this.#people[type], `${type}/${id}`, id)?.name ?? id;
  }

  /** @param {string} id */
  metricName(id) {
    return this.#known(this.#metrics, `metric/${id}`, id)?.name ?? id;
  }

  /** @param {string} id */
  metric(id) {
    return this.#metrics.get(id);
  }

  /** Return what a metric's numbers are counted in: a currency, or nothing. @param {string} metricId */
  unitOf(metricId) {
    return this.#metrics.get(metricId)?.data_type === "money" ? this.#currency : "";
  }

  /**
   * @param {Map<string, any>} map
   * @param {string} key
   * @param {string} id
   */
  #known(map, key, id) {
    const found = map.get(id);
    if (!found && !this.#missing.has(key)) {
      // Asked for once: an id that the directory does not have stays an id.
      this.#missing.add(key);
      this.#reading ??= setTimeout(() => {
        this.#reading = null;
        this.read().catch(() => this.#missing.clear());
      }, PAUSE_MS);
    }
    return found;
  }
}
