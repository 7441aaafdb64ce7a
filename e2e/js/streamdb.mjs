// Materialises a stream of change events with StreamDB and follows it live.
//
// Configuration: url; txids, the transactions to wait for, in order.
// Events: "state" {at, users, teams} once when preloaded (at "preload") and
// once after each transaction.
import { createStateSchema } from "@durable-streams/state"
import { createStreamDB } from "@durable-streams/state/db"
import { config, emit } from "./driver.mjs"

const anyObject = {
  "~standard": {
    version: 1,
    vendor: "weir",
    validate: (value) => ({ value }),
  },
}

const db = createStreamDB({
  streamOptions: { url: config.url, contentType: "application/json" },
  state: createStateSchema({
    users: { schema: anyObject, type: "user", primaryKey: "id" },
    teams: { schema: anyObject, type: "team", primaryKey: "id" },
  }),
})

function rows(collection) {
  const byKey = {}
  for (const row of collection.toArray) byKey[row.id] = row.name
  return byKey
}

function report(at) {
  const { users, teams } = db.collections
  emit("state", { at, users: rows(users), teams: rows(teams) })
}

const patienceMs = 30_000

await db.preload()
report("preload")
for (const txid of config.txids) {
  await db.utils.awaitTxId(txid, patienceMs)
  report(txid)
}
db.close()
