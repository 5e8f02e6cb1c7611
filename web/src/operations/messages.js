/**
 * What GET /v1/operations and GET /v1/rejected answer.
 *
 * @typedef {object} Partition
 * @property {string} topic
 * @property {number} partition
 * @property {number | null} end_offset
 * @property {number | null} applied_offset
 * @property {number | null} lag
 * @property {string | null} process_id
 * @property {string | null} reason
 *
 * @typedef {object} Process
 * @property {string} id
 * @property {string} name
 * @property {"running" | "silent" | "stopped"} state
 * @property {string} started_at
 * @property {string} seen_at
 * @property {string | null} stopped_at
 * @property {number[]} partitions
 * @property {number[]} tree_groups
 * @property {string} measured_since
 * @property {number} records_per_second
 * @property {{records: number, p50_milliseconds: number | null, p95_milliseconds: number | null, p99_milliseconds: number | null}} latency
 *
 * @typedef {object} Rederivation
 * @property {number} id
 * @property {"goals_changed" | "recalculation" | "records_changed" | "time_passed"} reason
 * @property {"waiting" | "reading" | "ending"} state
 * @property {string[]} goal_ids The first ones.
 * @property {number} goals
 * @property {string | null} recalculation_id
 * @property {number} records_read
 * @property {number | null} records_expected
 * @property {string} queued_at
 *
 * @typedef {object} Recalculation
 * @property {string} id
 * @property {string | null} goal_id
 * @property {"queued" | "reading" | "comparing"} status
 * @property {number} records_read
 * @property {number | null} records_expected
 * @property {string | null} asked_by
 * @property {string} asked_at
 *
 * @typedef {{check: string, goal_id: string, field: string, should_be: string, found: string, off_by: string}} Difference
 *
 * @typedef {object} Verification
 * @property {string} at
 * @property {number} seconds
 * @property {string} by
 * @property {boolean} is_clean
 * @property {number | null} goals
 * @property {number | null} computing
 * @property {number | null} checks
 * @property {number | null} difference_count
 * @property {Difference[]} differences
 *
 * @typedef {{name: string, url: string | null, ready: boolean, reason: string | null, milliseconds: number | null}} Service
 *
 * @typedef {object} Picture
 * @property {string} at
 * @property {{answers: boolean, reason: string | null}} kafka
 * @property {Partition[]} partitions
 * @property {Process[]} processes
 * @property {Rederivation[]} rederivations
 * @property {Recalculation[]} recalculations
 * @property {{current: number, computing: number, failed: number, frozen: number, oldest_computing_since: string | null}} goals
 * @property {{definitions: number, oldest_definition_at: string | null, announcements: number, deltas: number}} outbox
 * @property {Verification | null} verification
 * @property {Service[]} services
 *
 * @typedef {object} Rejected
 * @property {number} partition
 * @property {number} offset
 * @property {string} at
 * @property {string} original
 * @property {string} key
 * @property {string} error
 * @property {string} detail
 * @property {string | null} value
 * @property {boolean} is_cut
 *
 * @typedef {{items: Rejected[], next: string | null, kept: {partition: number, records: number, end_offset: number}[]}} RejectedPage
 */

export {};
