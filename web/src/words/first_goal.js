/** The commands that make a first metric, person and goal; a test runs them. @param {string} origin */
export const FIRST_GOAL = (origin) => {
  const year = new Date().getFullYear();
  const post = (/** @type {string} */ path, /** @type {object} */ body) => `curl -X POST ${origin}${path} \\
  -H "Authorization: Bearer $CAIRN_ADMIN_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '${JSON.stringify(body)}'`;
  return [
    post("/v1/metrics", {
      id: "revenue",
      name: "Revenue",
      kind: "amount",
      data_type: "money",
      rollup_fields: {
        actual: {
          source_entity: "opportunity",
          source_attribute: "actualvalue",
          source_state: "won",
          date_attribute: "actualclosedate",
        },
      },
    }),
    post("/v1/users", { id: "ada", name: "Ada" }),
    post("/v1/goals", {
      title: "Our first goal",
      metric_id: "revenue",
      owner: { type: "user", id: "ada" },
      manager_id: "ada",
      period: { kind: "custom", start: `${year}-01-01`, end: `${year}-12-31` },
      target: "100000",
    }),
  ].join("\n\n");
};
