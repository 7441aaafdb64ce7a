// Reads one stream through a standard EventSource, in Node or in a page, until
// the server says that it is closed. The EventSource alone decides when to
// reconnect and with which Last-Event-ID.

// follow resolves with the payload of every data event, in order. It calls
// progress(opens, size) with the number of connections opened and of payload
// characters received so far.
export function follow(EventSource, url, progress) {
  return new Promise((resolve, reject) => {
    const source = new EventSource(url)
    const result = { payloads: [], opens: 0, badIds: [] }
    let size = 0

    const fail = (error) => {
      source.close()
      reject(error)
    }

    source.addEventListener("open", () => {
      result.opens++
      progress(result.opens, size)
    })

    source.addEventListener("data", (event) => {
      result.payloads.push(event.data)
      size += event.data.length
      progress(result.opens, size)
    })

    source.addEventListener("control", (event) => {
      const control = JSON.parse(event.data)
      if (event.lastEventId !== control.streamNextOffset) {
        result.badIds.push([event.lastEventId, control.streamNextOffset])
      }
      if (!control.streamClosed) return
      source.close()
      resolve(result)
    })

    source.addEventListener("error", (event) => {
      if (source.readyState !== EventSource.CLOSED) return
      fail(new Error(`EventSource gave up: ${event.message ?? event.type}`))
    })
  })
}
