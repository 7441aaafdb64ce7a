// Runs the published conformance suite against the server at WEIR_URL.
import { runConformanceTests } from "@durable-streams/server-conformance-tests"
import { describe } from "vitest"

const baseUrl = process.env.WEIR_URL
if (!baseUrl) throw new Error("WEIR_URL must name a running server")

describe("conformance", () => {
  runConformanceTests({ baseUrl })
})
