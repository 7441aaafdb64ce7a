package e2e_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/nodejs"
)

// The published suite has exactly these tests; the skipped ones are those of
// subscriptions, which need an option.
const (
	suitePasses = 332
	suiteSkips  = 6
	skippedPart = "Reserved subscription APIs"
)

// vitestReport is the part of vitest's JSON report that decides.
type vitestReport struct {
	NumPassedTests  int
	NumFailedTests  int
	NumPendingTests int
	NumTodoTests    int
	TestResults     []struct {
		Message          string
		AssertionResults []struct {
			FullName        string
			Status          string
			FailureMessages []string
		}
	}
}

// TestConformance runs the whole suite on every tier, once with the default
// page and once with pages so small that most reads take several.
func TestConformance(t *testing.T) {
	nodejs.Require(t, ".")
	for _, mode := range allModes {
		for _, pageBytes := range []string{"1048576", "4096"} {
			t.Run(mode+"/page="+pageBytes, func(t *testing.T) {
				t.Parallel()
				server := startServer(t, mode, env{
					"DS_SERVER__PAGE_BYTES":             pageBytes,
					"DS_SERVER__LONG_POLL_TIMEOUT_SECS": "0.5",
				})
				checkReport(t, runSuite(t, server.URL()))
			})
		}
	}
}

// runSuite lets vitest run the suite against the server at url. more is added to
// its environment.
func runSuite(t *testing.T, url string, more ...string) vitestReport {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	file := filepath.Join(t.TempDir(), "report.json")
	cmd := exec.CommandContext(ctx, "node", "node_modules/vitest/vitest.mjs", "run",
		"--reporter=json", "--outputFile="+file)
	cmd.Env = append(append(os.Environ(), "WEIR_URL="+url), more...)
	// vitest exits with 1 when a test fails; the report says which.
	out, runErr := cmd.CombinedOutput()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("vitest left no report (%v):\n%s", runErr, out)
	}
	var report vitestReport
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatalf("vitest's report: %v", err)
	}
	return report
}

func checkReport(t *testing.T, r vitestReport) {
	t.Helper()
	if r.NumPassedTests != suitePasses || r.NumFailedTests != 0 ||
		r.NumPendingTests != suiteSkips || r.NumTodoTests != 0 {
		t.Errorf("got %d passed, %d failed, %d skipped, %d todo; want %d, 0, %d, 0",
			r.NumPassedTests, r.NumFailedTests, r.NumPendingTests, r.NumTodoTests,
			suitePasses, suiteSkips)
	}
	for _, file := range r.TestResults {
		if file.Message != "" {
			t.Errorf("the suite itself failed: %s", file.Message)
		}
		for _, test := range file.AssertionResults {
			switch {
			case test.Status == "failed":
				t.Errorf("FAILED %s\n%s", test.FullName, strings.Join(test.FailureMessages, "\n"))
			case test.Status != "passed" && !strings.Contains(test.FullName, skippedPart):
				t.Errorf("%s: %s", strings.ToUpper(test.Status), test.FullName)
			}
		}
	}
}
