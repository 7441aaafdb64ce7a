// The line protocol between a Go test and a script: the configuration comes as
// one JSON argument, and every line on standard output is one JSON event.

export const config = JSON.parse(process.argv[2] ?? "{}")

// Servers of tests have certificates that nobody signed.
if (config.insecure) process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0"

export function emit(event, fields = {}) {
  process.stdout.write(JSON.stringify({ event, ...fields }) + "\n")
}

export function delay(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
