// Uses a stream the way a web application on another origin does, and reports
// what the browser let it do and see.

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
  if (create.blocked) return { create }

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
