/** How people, teams, business units and roles are listed and edited. */

import { givenOf } from "./drafts.js";
import { zones } from "./goals.js";
import { mergeBox } from "./merging.js";
import { privilegesBox, securedBox } from "./role_fields.js";

/** @typedef {import("./kind.js").Kind} Kind */
/** @typedef {import("./fields.js").Field} Field */

const SCOPE = "directory:write";

/** @param {any} saved @param {string} example @returns {Field[]} */
function idField(saved, example) {
  return saved ? [] : [{ name: "id", label: "Id", type: "text", help: `How records and the API call it, such as ${example}. Left out, one is made.` }];
}

/** @param {import("./world.js").World} world @param {string} words @returns {Field} */
function unitField(world, words) {
  return { name: "business_unit_id", label: "Business unit", type: "one", choices: world.choices("business-units"), help: words };
}

/** @param {import("./world.js").World} world @returns {Field} */
function rolesField(world) {
  return { name: "roles", label: "Roles", type: "several", choices: world.choices("roles"), help: "What they may do; all roles add up." };
}

/** @type {Kind} */
export const USERS = {
  part: "users",
  one: "user",
  title: "Users",
  explain: "People who own, manage or look at goals. Records name their owners by these ids.",
  scope: SCOPE,
  needs: ["business-units", "roles"],
  fresh: () => ({ id: "", name: "", business_unit_id: null, manager_id: null, disabled: false, time_zone: null, roles: [] }),
  editable: ({ id, version, ...rest }) => rest,
  nameOf: ({ name }) => name,
  noteOf: ({ id, disabled }) => (disabled ? `${id} · disabled` : id),
  created: givenOf,
  sections: ({ saved, world }) => [
    {
      title: "User",
      fields: [
        { name: "name", label: "Name", type: "text", needed: true },
        ...idField(saved, "ada"),
        { name: "manager_id", label: "Reports to", type: "one", choices: world.choices("users").filter(({ id }) => id !== saved?.id), help: "Whoever leads this person." },
        unitField(world, "Where in the organisation; roles reach as far as a part of it."),
        rolesField(world),
        { name: "time_zone", label: "Time zone", type: "one", choices: zones(), help: "Empty: the organisation’s." },
        { name: "disabled", label: "Disabled", type: "check", help: "Cannot come in any more; goals and records stay." },
      ],
    },
  ],
};

/** @type {Kind} */
export const TEAMS = {
  part: "teams",
  one: "team",
  title: "Teams",
  explain: "People who own things together. A goal of a team may count what its members own, too.",
  scope: SCOPE,
  needs: ["users", "business-units", "roles"],
  fresh: () => ({ id: "", name: "", business_unit_id: null, members: [], roles: [] }),
  editable: ({ id, version, ...rest }) => rest,
  nameOf: ({ name }) => name,
  noteOf: ({ id, members }) => `${id} · ${members.length} ${members.length === 1 ? "member" : "members"}`,
  created: givenOf,
  sections: ({ saved, world }) => [
    {
      title: "Team",
      fields: [
        { name: "name", label: "Name", type: "text", needed: true },
        ...idField(saved, "north"),
        { name: "members", label: "Members", type: "several", choices: world.choices("users") },
        unitField(world, "Where in the organisation."),
        rolesField(world),
      ],
    },
  ],
};

/** @type {Kind} */
export const UNITS = {
  part: "business-units",
  one: "business unit",
  title: "Business units",
  explain: "The parts of the organisation, one below another. Roles reach as far as a unit, or a unit and those below.",
  scope: SCOPE,
  needs: [],
  fresh: () => ({ id: "", name: "", parent_id: null }),
  editable: ({ name, parent_id }) => ({ name, parent_id }),
  nameOf: ({ name }) => name,
  noteOf: ({ id, parent_id }, world) => (parent_id ? `${id} · in ${world.nameOf("business-units", parent_id)}` : id),
  created: givenOf,
  sections: ({ saved, world }) => [
    {
      title: "Business unit",
      fields: [
        { name: "name", label: "Name", type: "text", needed: true },
        ...idField(saved, "emea"),
        { name: "parent_id", label: "Below", type: "one", choices: world.choices("business-units").filter(({ id }) => id !== saved?.id), help: "Empty: it stands at the top." },
      ],
    },
  ],
  aside: mergeBox,
};

/** @type {Kind} */
export const ROLES = {
  part: "roles",
  one: "role",
  title: "Roles",
  explain: "What those who have a role may do: with things of which entity, and how far. With the first role, everybody reads what roles allow, and no more.",
  scope: SCOPE,
  needs: ["entities"],
  fresh: () => ({ id: "", name: "", privileges: { goal: { read: "user" } }, rights: [], secured_attributes: {} }),
  editable: ({ id, version, ...rest }) => rest,
  nameOf: ({ name }) => name,
  noteOf: ({ id, rights }) => (rights.length ? `${id} · ${rights.length} ${rights.length === 1 ? "right" : "rights"}` : id),
  created: givenOf,
  sections: ({ draft, saved, world, set }) => [
    { title: "Role", fields: [{ name: "name", label: "Name", type: "text", needed: true }, ...idField(saved, "seller")] },
    {
      title: "Privileges",
      help: "How far one may go with the things of an entity: * stands for every entity that is not named, goal for goals.",
      fields: [{ name: "privileges", label: "Privileges", type: "own", draw: () => privilegesBox({ privileges: draft.privileges, entities: [...world.list("entities").keys()], onChange: (privileges) => set("privileges", privileges) }) }],
    },
    {
      title: "Rights",
      fields: [
        {
          name: "rights",
          label: "Rights",
          type: "several",
          choices: [
            { id: "roll_up_goal", label: "roll_up_goal" },
            { id: "manage_metrics", label: "manage_metrics" },
            { id: "manage_directory", label: "manage_directory" },
            { id: "manage_organization", label: "manage_organization" },
          ],
          help: "What one may do that is about no single record: recalculate goals; change metrics and queries; people, entities and roles; settings, tokens and the audit trail.",
        },
      ],
    },
    {
      title: "Secured attributes",
      help: "An attribute that any role names here is hidden from everybody whose roles do not name it.",
      fields: [{ name: "secured_attributes", label: "Shows", type: "own", draw: () => securedBox({ secured: draft.secured_attributes, onChange: (secured) => set("secured_attributes", secured) }) }],
    },
  ],
};
