// Follows a JSON stream of numbered messages with the official client until the
// stream is closed. A session that breaks is opened again at the offset of the
// last batch, as the client's manual advises.
//
// Configuration: url; live ("sse", "long-poll", or false for plain catch-up).
// Event: "done" {numbers, sessions, forgotten}.
import { stream } from "@durable-streams/client"
import { config, delay, emit } from "./driver.mjs"

const numbers = []
let offset = "-1"
let closed = false
let sessions = 0
let forgotten = 0

// Very rarely the promise of an SSE session whose server was killed never
// settles: Node has no socket and no timer left and would end the process. That
// is seen here, and only here, and the session counts as broken. A server that
// is silent on an open connection does not come to this.
let forget = () => {}
process.on("beforeExit", () => forget())

function take(batch) {
  for (const message of batch.items) numbers.push(message.n)
  offset = batch.offset
}

// The client's `closed` promise settles when the last answer has come in, which
// may be before the subscriber has seen it. After a good end the rest is waited
// for; after an error a late batch is ignored, since the next session asks for
// it again.
async function session() {
  sessions++
  const response = await stream({ url: config.url, offset, live: config.live })
  let current = true
  response.subscribeJson((batch) => {
    if (current) take(batch)
  })
  try {
    await response.closed
    while (offset !== response.offset) await delay(1)
    closed = response.streamClosed
  } finally {
    current = false
  }
}

// An answer that refuses the request will not get better by asking again, and
// hiding it would hide a server that forgot acknowledged data.
function isRefusal(error) {
  return error?.status >= 400 && error.status < 500
}

function forgottenSession() {
  return new Promise((_, reject) => {
    forget = () => {
      forgotten++
      reject(new Error("the session is forgotten"))
    }
  })
}

while (!closed) {
  try {
    await Promise.race([session(), forgottenSession()])
  } catch (error) {
    if (isRefusal(error)) throw error
  }
  if (!closed) await delay(20)
}

forget = () => {}
emit("done", { numbers, sessions, forgotten })
