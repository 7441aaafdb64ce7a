// Follows a stream with the EventSource of npm's eventsource package.
//
// Configuration: url. Events: "progress" {opens, size}; "done" with follow's result.
import { EventSource } from "eventsource"
import { config, emit } from "./driver.mjs"
import { follow } from "./follow.mjs"

const result = await follow(EventSource, config.url, (opens, size) =>
  emit("progress", { opens, size }),
)
emit("done", result)
