package httpapi_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream/httpapi"
)

// unwell is a store that takes no changes.
type unwell struct{ store.Store }

func (unwell) Health() error { return errors.New("read-only since a failed sync") }

// readiness asks /readyz.
func (s *server) readiness() (status int, whole string, parts map[string]httpapi.Component) {
	s.t.Helper()
	a := s.raw(request("GET", "/readyz", ""))
	var got struct {
		Status     string
		Components map[string]httpapi.Component
	}
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		s.t.Fatalf("readiness: got %s, want JSON: %v", a.body, err)
	}
	return a.StatusCode, got.Status, got.Components
}

func TestReadiness(t *testing.T) {
	inodes := int64(0)
	full := httpapi.Component{
		Status: httpapi.StatusNotReady, Reason: "no files can be made",
		Room: &httpapi.Room{FreeBytes: 7, FreeInodes: &inodes},
	}
	spacious := httpapi.Component{Status: httpapi.StatusReady, Room: &httpapi.Room{FreeBytes: 1 << 40}}
	for _, test := range []struct {
		name   string
		store  store.Store
		disk   httpapi.Component
		status int
		parts  map[string]string // status and reason
	}{
		{"well", memstore.New(nil), spacious, 200, map[string]string{"storage": "ready", "server": "ready", "disk": "ready"}},
		{"full disk", memstore.New(nil), full, 503, map[string]string{"storage": "ready", "server": "ready", "disk": "not ready: no files can be made"}},
		{"read-only", unwell{memstore.New(nil)}, spacious, 503, map[string]string{"storage": "not ready: read-only since a failed sync", "server": "ready", "disk": "ready"}},
	} {
		s := serveStore(t, test.store, nil, httpapi.Options{
			Components: map[string]func() httpapi.Component{"disk": func() httpapi.Component { return test.disk }},
		})
		status, whole, parts := s.readiness()
		if wantWhole := map[int]string{200: "ready", 503: "not ready"}[test.status]; status != test.status || whole != wantWhole {
			t.Errorf("%s: got status %d and %q, want %d and %q", test.name, status, whole, test.status, wantWhole)
		}
		if len(parts) != len(test.parts) {
			t.Errorf("%s: got %v, want %d components", test.name, parts, len(test.parts))
		}
		for name, want := range test.parts {
			if got := strings.TrimSuffix(parts[name].Status+": "+parts[name].Reason, ": "); got != want {
				t.Errorf("%s: %s: got %q, want %q", test.name, name, got, want)
			}
		}
	}
}

// Clients see the room as numbers beside the status, and no number that nobody
// knows.
func TestReadinessShowsRoom(t *testing.T) {
	inodes := int64(0)
	for want, room := range map[string]*httpapi.Room{
		`"disk":{"status":"ready","free_bytes":0,"free_inodes":0}`: {FreeInodes: &inodes},
		`"disk":{"status":"ready","free_bytes":5}`:                 {FreeBytes: 5},
		`"disk":{"status":"ready"}`:                                nil,
	} {
		s := serve(t, httpapi.Options{Components: map[string]func() httpapi.Component{
			"disk": func() httpapi.Component { return httpapi.Component{Status: httpapi.StatusReady, Room: room} },
		}})
		if a := s.raw(request("GET", "/readyz", "")); !strings.Contains(a.body, want) {
			t.Errorf("readiness: got %s, want %s in it", a.body, want)
		}
	}
}

func TestReadinessEndsWithDraining(t *testing.T) {
	s := serve(t, httpapi.Options{})
	s.handler.Drain(0)
	status, whole, parts := s.readiness()
	if status != 503 || whole != "not ready" || parts["server"].Status != "draining" || parts["storage"].Status != "ready" {
		t.Errorf("readiness of a server that stops: got %d, %q and %v, want 503, not ready and the server draining", status, whole, parts)
	}
}
