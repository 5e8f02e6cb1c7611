/**
 * What a connection says to the screens that listen.
 *
 * @typedef {{type: "user" | "team", id: string}} Principal
 * @typedef {{actual: string | null, in_progress: string | null, custom: string | null}} Values
 * @typedef {object} Goal A goal as goal-updated has it.
 * @property {string} goal_id
 * @property {number} incarnation
 * @property {number} revision
 * @property {string | null} tree_id
 * @property {string | null} parent_id
 * @property {string} title
 * @property {string} metric_id
 * @property {Principal} owner
 * @property {string} manager_id
 * @property {string} state
 * @property {{start: string, end: string, time_zone: string}} period
 * @property {string | null} target
 * @property {string | null} stretch_target
 * @property {Values} values
 * @property {string | null} percentage
 * @property {boolean} is_overridden
 * @property {{status: string, error: string | null}} rollup
 * @property {string} updated_at
 * @property {string[]} caused_by
 *
 * @typedef {object} Status What GET /v1/status answers.
 * @property {boolean} settled
 * @property {number | null} lag
 * @property {number | null} [goal_rollup_frequency_hours]
 *
 * @typedef {{kind: "open"} | {kind: "lost"} | {kind: "refused"}
 *   | {kind: "snapshot", goals: Goal[]} | {kind: "updated", goal: Goal}
 *   | {kind: "gone", id: string} | {kind: "status", status: Status | null}} Message
 */

export {};
