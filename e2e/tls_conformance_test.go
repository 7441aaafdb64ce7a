package e2e_test

import (
	"testing"

	"github.com/weirstreams/weir/e2e/internal/nodejs"
	"github.com/weirstreams/weir/e2e/internal/testcerts"
)

// TestConformanceOverTLS runs the whole suite against a server that speaks TLS
// itself.
func TestConformanceOverTLS(t *testing.T) {
	nodejs.Require(t, ".")
	t.Parallel()
	authority := testcerts.NewAuthority(t, "conformance")
	files := authority.Issue(t, "weir", testcerts.Now()).Files(t)
	server := startEncrypted(t, "memory", encrypted(files, env{"DS_SERVER__LONG_POLL_TIMEOUT_SECS": "0.5"}), authority.Client())
	checkReport(t, runSuite(t, server.URL(), "NODE_EXTRA_CA_CERTS="+authority.File(t)))
}
