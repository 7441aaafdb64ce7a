package wire_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/wire"
)

func TestDecoder(t *testing.T) {
	tests := []struct {
		name string
		body string
		want []wire.Event
	}{
		{"nothing", "", nil},
		{"data and control", "event: data\nid: 5\ndata:a\ndata: b\n\nevent: control\ndata:{}\n\n", []wire.Event{
			{Type: "data", ID: "5", Data: "a\nb"},
			{Type: "control", ID: "5", Data: "{}"},
		}},
		{"second space belongs to the data", "data:  a\n\n", []wire.Event{{Data: " a"}}},
		{"comment between", ":\n\ndata:a\n\n", []wire.Event{{Data: "a"}}},
		{"comment inside", "event: x\n:hello\ndata:a\n\n", []wire.Event{{Type: "x", Data: "a"}}},
		{"empty data", "event: data\ndata:\n\n", []wire.Event{{Type: "data"}}},
		{"event without data is dropped", "event: data\n\ndata:a\n\n", []wire.Event{{Data: "a"}}},
		{"torn event is dropped", "data:a\n\nevent: data\ndata:b\n", []wire.Event{{Data: "a"}}},
		{"unknown field", "retry: 10\ndata:a\n\n", []wire.Event{{Data: "a"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := decodeAll(t, tt.body)
			if len(got) != len(tt.want) {
				t.Fatalf("got %d events %+v, want %d", len(got), got, len(tt.want))
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Errorf("event %d: got %+v, want %+v", i, got[i], tt.want[i])
				}
			}
		})
	}
}

func FuzzDecoder(f *testing.F) {
	f.Add("event: data\nid: 5\ndata:a\n\n")
	f.Add(":\n\n\n:x\ndata")
	f.Add("data:a\r\n\r\n")
	f.Fuzz(func(t *testing.T, body string) {
		for _, event := range decodeAll(t, body) {
			if strings.Contains(event.Type+event.ID, "\n") {
				t.Errorf("got a line feed inside a one-line field: %+v", event)
			}
			if len(event.Data) > len(body) {
				t.Errorf("got %d bytes of data from a body of %d", len(event.Data), len(body))
			}
		}
	})
}

func decodeAll(t *testing.T, body string) []wire.Event {
	t.Helper()
	d := wire.NewDecoder(strings.NewReader(body))
	var events []wire.Event
	for {
		event, err := d.Next()
		if errors.Is(err, io.EOF) {
			return events
		}
		if err != nil {
			t.Fatalf("decode %q: %v", body, err)
		}
		events = append(events, event)
	}
}
