package docker_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	described = regexp.MustCompile(`(?m)^  (DS_[A-Z0-9_]+) \(`)
	mentioned = regexp.MustCompile(`\bDS_[A-Z0-9_]*\*?`)
)

// TestNamedVariablesExist looks at every file of docker/, comments included.
func TestNamedVariablesExist(t *testing.T) {
	var known []string
	for _, m := range described.FindAllStringSubmatch(weir(t, nil, "help"), -1) {
		known = append(known, m[1])
	}
	if len(known) < 20 {
		t.Fatalf("weir help describes %d variables, want all", len(known))
	}
	seen := 0
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		for _, name := range mentioned.FindAllString(string(text), -1) {
			seen++
			if !isKnown(known, name) {
				t.Errorf("%s names %s, which the server does not know", path, name)
			}
		}
		return err
	})
	if err != nil || seen < 20 {
		t.Fatalf("found %d names of variables (%v), want those of all files", seen, err)
	}
}

// isKnown accepts a name, or the beginning of several with a * behind it.
func isKnown(known []string, name string) bool {
	prefix, several := strings.CutSuffix(name, "*")
	return slices.ContainsFunc(known, func(k string) bool { return k == name || several && strings.HasPrefix(k, prefix) })
}

// TestSettingsAreTaken: the server takes the settings of every file as they are, without
// a warning. Containers add theirs to the image's.
func TestSettingsAreTaken(t *testing.T) {
	// The image leaves it to whoever runs it whose pages may use the server.
	inImage := map[string]string{"DS_HTTP__CORS_ORIGINS": "https://app.example.com"}
	for name, settings := range map[string]map[string]string{
		"Dockerfile":      inImage,
		"compose.yaml":    composeSettings(t),
		"kubernetes.yaml": podSettings(t),
	} {
		t.Run(name, func(t *testing.T) { resolved(t, inContainer(t, settings)) })
	}
	t.Run("weir.service", func(t *testing.T) { resolved(t, unitSettings(t)) })
}

// TestUnknownSettingsAreNoticed: the tests above can fail.
func TestUnknownSettingsAreNoticed(t *testing.T) {
	if isKnown([]string{"DS_SERVER__HOST"}, "DS_SERVER__HOTS") || isKnown([]string{"DS_SERVER__HOST"}, "DS_SEVER__*") {
		t.Error("a name that is not known is accepted")
	}
	if !isKnown([]string{"DS_SERVER__HOST"}, "DS_SERVER__*") {
		t.Error("the beginning of a known name is refused")
	}
}

// inContainer returns settings as the server in a container gets them.
func inContainer(t *testing.T, settings map[string]string) map[string]string {
	t.Helper()
	all := imageSettings(t)
	maps.Copy(all, settings)
	return all
}

// resolved returns every variable with the value that the server would use.
func resolved(t *testing.T, settings map[string]string) map[string]string {
	t.Helper()
	values := make(map[string]string)
	for line := range strings.Lines(weir(t, settings, "config")) {
		if name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok {
			values[name] = value
		}
	}
	return values
}

// stopTime is how long a server with these settings may take to end.
func stopTime(t *testing.T, settings map[string]string) time.Duration {
	t.Helper()
	values := resolved(t, settings)
	return seconds(t, values["DS_SERVER__DRAIN_DELAY_SECS"]) + seconds(t, values["DS_SERVER__SHUTDOWN_TIMEOUT_SECS"])
}

func seconds(t *testing.T, value string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(value + "s")
	if err != nil {
		t.Fatal(err)
	}
	return d
}
