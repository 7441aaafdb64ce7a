// Uses a stream the way a web application on another origin does, and reports
// what the browser let it do and see.
import { follow } from "./follow.mjs"

const json = { "Content-Type": "application/json" }

function producer(seq) {
  return {
    ...json,
    "Producer-Id": "page",
    "Producer-Epoch": "0",
    "Producer-Seq": String(seq),
  }
}

// A request the browser blocks, or whose answer it hides, rejects with a
// TypeError and no detail.
async function call(url, init) {
  try {
    const response = await fetch(url, init)
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
    }
  } catch (error) {
    return { blocked: String(error) }
  }
}

async function firstHeaders(url) {
  const aborter = new AbortController()
  const response = await fetch(url, { signal: aborter.signal })
  const headers = Object.fromEntries(response.headers)
  aborter.abort()
  return { status: response.status, headers }
}

// probeCors works below the given address, which must not exist yet.
export async function probeCors(url) {
  const post = (seq, body) =>
    call(url, { method: "POST", headers: producer(seq), body })

  const create = await call(url, { method: "PUT", headers: json })
  if (create.blocked) {
    return {
      create,
      read: await call(`${url}?offset=-1`),
      live: await giveUp(`${url}?offset=-1&live=sse`),
    }
  }

  const append = await post(0, '{"n":0}')
  const gap = await post(2, '{"n":2}')
  const read = await call(`${url}?offset=-1`)
  const etag = read.headers.etag ?? ""
  return {
    create,
    append,
    gap,
    read,
    notModified: await call(`${url}?offset=-1`, {
      headers: { "If-None-Match": etag },
      cache: "no-store",
    }),
    missing: await call(`${url}-missing?offset=-1`),
    binary: await binaryHeaders(`${url}-binary`),
    remove: await call(url, { method: "DELETE" }),
  }
}

async function binaryHeaders(url) {
  await call(url, {
    method: "PUT",
    headers: { "Content-Type": "application/octet-stream" },
  })
  return firstHeaders(`${url}?offset=-1&live=sse`)
}

// giveUp resolves with what becomes of an EventSource.
function giveUp(url) {
  return new Promise((resolve) => {
    const source = new EventSource(url)
    source.onopen = () => resolve({ status: 200 })
    source.onerror = () => resolve({ blocked: "EventSource gave up" })
  })
}

// readBinary reads a closed stream of bytes by both of a browser's ways, and
// returns the payloads that each has found.
export async function readBinary(url) {
  const live = `${url}?offset=-1&live=sse`
  const byEventSource = await follow(EventSource, live, () => {})
  const response = await fetch(live)
  return {
    byEventSource: byEventSource.payloads,
    byFetch: payloads(await response.text()),
    encoding: response.headers.get("stream-sse-data-encoding"),
  }
}

// payloads takes the data events out of an event stream.
function payloads(text) {
  return text
    .split("\n\n")
    .map((event) => event.split("\n"))
    .filter((lines) => lines.some((line) => /^event: ?data$/.test(line)))
    .map((lines) =>
      lines
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.replace(/^data: ?/, ""))
        .join("\n"),
    )
}

// openMany resolves once that many readers of an open stream are connected at the
// same time.
export async function openMany(url, count) {
  const sources = Array.from(
    { length: count },
    () => new EventSource(`${url}?offset=-1&live=sse`),
  )
  await Promise.all(
    sources.map(
      (source) => new Promise((resolve) => (source.onopen = resolve)),
    ),
  )
  const open = sources.filter((s) => s.readyState === EventSource.OPEN).length
  for (const source of sources) source.close()
  return { open }
}
