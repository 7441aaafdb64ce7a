// Package houserules holds the rules about the server's own source that no
// compiler checks.
package houserules

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/weirstreams/weir/"

// rooms says which rooms of the house a room may import. Arrows point down only;
// see ARCHITECTURE.md. A package belongs to the longest room that begins its
// path, and may always import its own.
var rooms = map[string][]string{
	"cmd/weir":        {"cmd/weir", "stream/httpapi", "stream", "sse", "store", "limits", "tls/certs", "sync/ingest"},
	"sync/ingest":     {"stream", "limits"},
	"stream/httpapi":  {"stream", "sse", "limits", "store"},
	"stream":          {"store", "limits"},
	"sse":             {},
	"limits":          {},
	"tls/certs":       {},
	"store":           {},
	"store/storetest": {"store"},
	"store/memstore":  {"store"},
	"store/filestore": {"store"},
	"store/acidstore": {"store"},
}

// onlyContract lists the rooms that may import package store itself, for the
// types in its contract, but no tier.
var onlyContract = []string{"stream", "stream/httpapi"}

type pkg struct {
	ImportPath string
	Imports    []string
}

// TestImportDirections lists every package and what it imports, and holds that
// against the rooms.
func TestImportDirections(t *testing.T) {
	packages := list(t)
	if len(packages) < 10 {
		t.Fatalf("go list found %d packages, want the whole server", len(packages))
	}
	for _, p := range packages {
		from := strings.TrimPrefix(p.ImportPath, module)
		for _, path := range p.Imports {
			if to, ours := strings.CutPrefix(path, module); ours && !allowed(from, to) {
				t.Errorf("%s imports %s: arrows point down only", from, to)
			}
		}
	}
}

// TestRoomsAreKnown keeps a new folder from being forgotten in the table.
func TestRoomsAreKnown(t *testing.T) {
	for _, p := range list(t) {
		if room(strings.TrimPrefix(p.ImportPath, module)) == "" {
			t.Errorf("%s is in no room; add it to the table and to ARCHITECTURE.md", p.ImportPath)
		}
	}
}

func allowed(from, to string) bool {
	home := room(from)
	if to == home || strings.HasPrefix(to, home+"/") && room(to) == home {
		return true
	}
	for _, r := range onlyContract {
		if home == r && strings.HasPrefix(to, "store/") {
			return false
		}
	}
	for _, r := range rooms[home] {
		if to == r || strings.HasPrefix(to, r+"/") {
			return true
		}
	}
	return false
}

// room returns the longest room that the path lies in.
func room(path string) string {
	best := ""
	for r := range rooms {
		if (path == r || strings.HasPrefix(path, r+"/")) && len(r) > len(best) {
			best = r
		}
	}
	return best
}

func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatalf("read go list: %v", err)
		}
		packages = append(packages, p)
	}
}
