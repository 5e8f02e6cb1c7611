/** What a goal would count, tried before it is saved. */

import { html, nothing } from "lit";

import { exact, shown } from "../words/numbers.js";
import { countedBy } from "./goal_rule.js";
import { daysOf, metricOf } from "./goals.js";
import { SLOT_NAMES } from "./metrics.js";
import { asksForManager } from "./operators.js";
import "./query_trial.js";

/** @param {import("./kind.js").Editing} editing */
export function goalAside({ draft, saved, world }) {
  const metric = metricOf(draft, world);
  const days = daysOf(draft, world);
  if (!metric || !days) return html`<section><h3>What it counts</h3><p class="help">Choose a metric and a period, and this says which records count.</p></section>`;
  if (draft.rollup_only_from_children) {
    return html`<section><h3>What it counts</h3><p>Only what the goals below it show; no records of its own.</p></section>`;
  }
  const lack = world.rights?.lackOf("records:read") ?? null;
  if (lack) return html`<section><h3>What it counts</h3><p class="lack">It cannot be tried: ${lack}.</p></section>`;
  const unit = metric.data_type === "money" ? world.organization.base_currency : "";
  const slots = Object.entries(metric.rollup_fields).filter(([, field]) => field);
  return html`${slots.map(([slot, field]) => html`<section>
      <h3>${SLOT_NAMES[slot]}: records of its own</h3>
      ${saved ? html`<p class="help">Now <span title=${exact(saved.own[slot], unit)}>${shown(saved.own[slot])}${unit ? ` ${unit}` : ""}</span>; as the form stands:</p>` : nothing}
      <query-trial .words=${{ unit }} .order=${orderOf({ draft, metric, field, slot, days, world })}></query-trial>
    </section>`)}`;
}

/** @param {{draft: any, metric: any, field: any, slot: string, days: any, world: import("./world.js").World}} given */
function orderOf({ draft, metric, field, slot, days, world }) {
  const query = world.list("rollup-queries").get(draft.queries[slot] ?? "");
  const where = query?.where ?? null;
  // Who is meant by the goal's manager is not known yet.
  if (!draft.owner?.id || (asksForManager(where) && !draft.manager_id)) return null;
  const members = world.list("teams").get(draft.owner.id)?.members ?? [];
  return {
    entity: field.source_entity,
    where: countedBy({ goal: draft, field, days, where, members }),
    ...(metric.kind === "amount" ? { source_attribute: field.source_attribute } : {}),
    ...(draft.manager_id ? { manager_id: draft.manager_id } : {}),
    ...(draft.time_zone ? { time_zone: draft.time_zone } : {}),
  };
}
