// Writes numbered JSON messages with the official idempotent producer and
// closes the stream at the end.
//
// The producer reports a failed request once and never sends it again by
// itself, so a user who wants exactly-once delivery over a bad network hands it
// a `fetch` that repeats the identical request, producer headers included,
// until the server has answered. The server's part is to recognise the repeats.
// With ownRetry that is the fetch which the client itself uses elsewhere; it takes
// a 409 for an error, so there must not be more than one batch in flight.
//
// Configuration: url, count, batchBytes, inFlight; ownRetry; everyMs, the pace at
// which messages are written, as fast as possible when it is not given; stopFile,
// which ends the writing early as soon as it is there.
// Events: "created"; "progress" {acked} after every acknowledged batch;
// "done" with the counters.
import { existsSync } from "node:fs"
import {
  BackoffDefaults,
  createFetchWithBackoff,
  DurableStream,
  IdempotentProducer,
} from "@durable-streams/client"
import { config, delay, emit } from "./driver.mjs"

const stats = {
  batches: 0, // answered 200: the server took the batch
  duplicates: 0, // answered 204: the server had it already
  gaps: 0, // answered 409: overtaken by a later batch
  failures: 0, // no answer, or 5xx: sent again
  mostInFlight: 0,
  written: 0, // messages
}
let inFlight = 0

async function repeatUntilAnswered(url, init) {
  inFlight++
  stats.mostInFlight = Math.max(stats.mostInFlight, inFlight)
  try {
    for (;;) {
      const response = await attempt(url, init)
      if (response) return response
      stats.failures++
      await delay(10)
    }
  } finally {
    inFlight--
  }
}

async function attempt(url, init) {
  let response
  try {
    response = await fetch(url, init)
    await response.clone().arrayBuffer()
  } catch {
    return undefined
  }
  if (response.status >= 500 || response.status === 429) return undefined
  count(response.status)
  return response
}

const withBackoff = createFetchWithBackoff(
  async (url, init) => {
    const response = await fetch(url, init)
    count(response.status)
    return response
  },
  { ...BackoffDefaults, onFailedAttempt: () => stats.failures++ },
)

function count(status) {
  if (status === 200) stats.batches++
  if (status === 204) stats.duplicates++
  if (status === 409) stats.gaps++
  emit("progress", { acked: stats.batches + stats.duplicates })
}

const stream = await DurableStream.create({
  url: config.url,
  contentType: "application/json",
})
emit("created")

const errors = []
const producer = new IdempotentProducer(stream, "order-service", {
  maxInFlight: config.inFlight,
  maxBatchBytes: config.batchBytes,
  fetch: config.ownRetry ? withBackoff : repeatUntilAnswered,
  onError: (error) => errors.push(String(error)),
})
for (let n = 0; n < config.count; n++) {
  if (config.everyMs) await delay(config.everyMs)
  if (config.stopFile && existsSync(config.stopFile)) break
  producer.append(JSON.stringify({ n, text: `message ${n}` }))
  stats.written++
}
await producer.flush()
await producer.close()

emit("done", { ...stats, errors })
