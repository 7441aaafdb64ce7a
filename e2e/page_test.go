package e2e_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/nodejs"
)

// pageServer serves the page and its modules.
func pageServer(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.FileServer(http.Dir("js")))
	t.Cleanup(server.Close)
	return server
}

// inPage runs a function of the page served at origin.
func inPage(t *testing.T, chromium, origin, run, url string) *nodejs.Script {
	t.Helper()
	return nodejs.Start(t, ".", "browser.mjs", map[string]any{
		"chromium": chromium,
		"page":     origin + "/page.html",
		"run":      run,
		"url":      url,
	})
}
