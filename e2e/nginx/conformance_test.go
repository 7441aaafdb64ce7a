package nginx_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/nodejs"
)

// TestConformance runs the published suite through nginx: what it passes on, keeps
// and compresses is still the protocol.
func TestConformance(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	t.Parallel()
	nodejs.Require(t, nodeDir)
	s := newStage(t, "file-fast", env{"DS_SERVER__LONG_POLL_TIMEOUT_SECS": "0.5"})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	file := filepath.Join(t.TempDir(), "report.json")
	// The suite shares the machine with the other tests here, and one of its own
	// needs a second of processor time; vitest allows five unless told otherwise.
	cmd := exec.CommandContext(ctx, "node", "node_modules/vitest/vitest.mjs", "run",
		"--testTimeout=30000", "--reporter=json", "--outputFile="+file)
	cmd.Dir = nodeDir
	cmd.Env = append(os.Environ(), "WEIR_URL="+s.proxy.URL(), "NODE_TLS_REJECT_UNAUTHORIZED=0")
	out, err := cmd.CombinedOutput()
	report := readReport(t, file)
	if err != nil || report.NumFailedTests != 0 || report.NumPassedTests == 0 {
		t.Errorf("got %d passed, %d failed, error %v, want all passed:\n%s", report.NumPassedTests, report.NumFailedTests, err, out)
	}
	for _, part := range report.TestResults {
		for _, test := range part.AssertionResults {
			if test.Status == "failed" {
				t.Errorf("failed: %s\n%.1000s", test.FullName, test.FailureMessages)
			}
		}
	}
}

// suiteReport is the part of vitest's report that decides.
type suiteReport struct {
	NumPassedTests, NumFailedTests int
	TestResults                    []struct {
		AssertionResults []struct {
			FullName, Status string
			FailureMessages  []string
		}
	}
}

func readReport(t *testing.T, file string) suiteReport {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("vitest left no report: %v", err)
	}
	var report suiteReport
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatalf("vitest's report: %v", err)
	}
	return report
}
