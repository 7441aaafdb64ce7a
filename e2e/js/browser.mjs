// Opens a page in headless Chromium and runs one of the functions the page
// offers, so that the browser's own EventSource, fetch and CORS checks do the
// work.
//
// Configuration: chromium (path), page (address), run ("followStream" or
// "probeCors"), url (the stream). Events: "progress" {opens, size}; "done" with
// what the function returned.
import { chromium } from "playwright-core"
import { config, emit } from "./driver.mjs"

const browser = await chromium.launch({
  executablePath: config.chromium,
  args: [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
})
try {
  const page = await browser.newPage({
    ignoreHTTPSErrors: config.insecure === true,
  })
  await page.exposeFunction("progress", (opens, size) =>
    emit("progress", { opens, size }),
  )
  await page.goto(config.page)
  await page.waitForFunction(() => globalThis.ready === true)
  const result = await page.evaluate(
    ([run, url]) => globalThis[run](url),
    [config.run, config.url],
  )
  emit("done", result)
} finally {
  await browser.close()
}
