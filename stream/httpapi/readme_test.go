package httpapi_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestREADMEListsProblems finds every slug that the sources of this package and
// of those below name, and holds that against the README, to which the type of a
// problem leads.
func TestREADMEListsProblems(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	patterns := map[string]string{
		"../errors.go":               `Code\w+\s+Code = "([a-z-]+)"`,
		"../../limits/name_error.go": `= "(name-[a-z0-9-]+)"`,
		"problem.go":                 `(?:slug: |bad\()"([a-z-]+)"`,
		"handler.go":                 `(?:slug: |bad\()"([a-z-]+)"`,
		"params.go":                  `(?:slug: |bad\()"([a-z-]+)"`,
		"body.go":                    `(?:slug: |bad\()"([a-z-]+)"`,
		"clients.go":                 `tooMany\("([a-z-]+)"`,
		"place.go":                   `crowded\("([a-z-]+)"`,
		"listener.go":                `slug(?:: |, p.detail = )"([a-z-]+)"`,
	}
	for file, pattern := range patterns {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(pattern).FindAllStringSubmatch(string(source), -1)
		if len(found) == 0 {
			t.Errorf("%s: found no slug; the pattern is out of date", file)
		}
		for _, m := range found {
			if !strings.Contains(string(readme), `id="problem-`+m[1]+`"`) {
				t.Errorf("%s names the problem %q, which the README does not list", file, m[1])
			}
		}
	}
}
