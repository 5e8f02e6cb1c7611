/**
 * Questions to the API, and writes to it.
 *
 * What the API refuses is thrown as it says it: every error has a name, a detail that
 * tells what to do, and where there is one the field that it is about.
 */

import { exactJson } from "./exact_json.js";

export class RefusedError extends Error {
  /**
   * @param {number} status
   * @param {{error?: string, detail?: string, field?: string | null} & Record<string, any>} body
   */
  constructor(status, body) {
    super(body.detail ?? `the server answered ${status}`);
    this.status = status;
    this.error = body.error ?? "unknown";
    this.field = body.field ?? null;
    this.body = body;
  }
}

/** @type {Promise<any> | null} */
let session = null;

/** Tell who asks, and what he may. @returns {Promise<any>} */
export function readSession() {
  session ??= read("/v1/session").catch((fault) => {
    session = null;
    throw fault;
  });
  return session;
}

/**
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<any>}
 */
export async function read(path, options) {
  return (await asked(path, options)).body;
}

/**
 * Return an answer and its ETag, to change the thing later.
 *
 * @param {string} path
 * @returns {Promise<{body: any, etag: string | null}>}
 */
export async function readTagged(path) {
  return asked(path);
}

/**
 * Return an answer that is no JSON, as it is written.
 *
 * @param {string} path
 * @returns {Promise<string>}
 */
export async function readText(path) {
  const [answer, text] = await answered(path);
  if (!answer.ok) bodyOf(answer, text);
  return text;
}

/**
 * @param {"POST" | "PATCH" | "DELETE" | "PUT"} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {{ifMatch?: string | null}} [options]
 * @returns {Promise<any>}
 */
export async function write(method, path, body, { ifMatch } = {}) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (ifMatch) headers["If-Match"] = ifMatch;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return sent(method, path, body === undefined ? undefined : JSON.stringify(body), headers);
}

/**
 * @param {string} path
 * @param {File} file
 * @param {string} type
 * @returns {Promise<any>}
 */
export async function writeFile(path, file, type) {
  return sent("POST", path, file, { "Content-Type": type });
}

/**
 * @param {string} method
 * @param {string} path
 * @param {BodyInit | undefined} body
 * @param {Record<string, string>} headers
 */
async function sent(method, path, body, headers) {
  const { csrf_token: token } = await readSession();
  if (token) headers["X-CSRF-Token"] = token;
  if (method === "POST") headers["Idempotency-Key"] = crypto.randomUUID();
  return read(path, { method, headers, body });
}

/**
 * @param {string} path
 * @param {RequestInit} [options]
 */
async function asked(path, options) {
  const [answer, text] = await answered(path, options);
  return { body: bodyOf(answer, text), etag: answer.headers.get("etag") };
}

/** @param {Response} answer @param {string} text */
function bodyOf(answer, text) {
  const body = /json/.test(answer.headers.get("content-type") ?? "") && text ? exactJson(text) : null;
  if (!answer.ok) throw new RefusedError(answer.status, body ?? {});
  return body;
}

/**
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<[Response, string]>}
 */
async function answered(path, options) {
  try {
    const answer = await fetch(path, options);
    return [answer, await answer.text()];
  } catch {
    throw new RefusedError(0, { error: "unanswered", detail: "the server does not answer" });
  }
}
