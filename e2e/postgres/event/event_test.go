package event_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/weirstreams/weir/e2e/postgres/event"
)

const position = "0000000001A2B3C4-0000000001A2B300-00000002"

var good = []string{
	`{"type":"a","key":"1","value":{"id":1},"headers":{"operation":"insert","txid":"5"}}`,
	`{"type":"a","key":"1","value":{},"headers":{"operation":"update","lsn":"` + position + `","last":true}}`,
	`{"type":"a","key":"","headers":{"operation":"delete","timestamp":"2026-01-01T00:00:00Z"}}`,
	`{"headers":{"control":"snapshot-start"}}`,
	`{"headers":{"control":"reset","txid":"7","lsn":"` + position + `"}}`,
}

var bad = map[string]string{
	"no object":           `[]`,
	"no headers":          `{"type":"a","key":"1","value":{}}`,
	"unknown operation":   `{"type":"a","key":"1","value":{},"headers":{"operation":"merge"}}`,
	"unknown control":     `{"headers":{"control":"begin"}}`,
	"both":                `{"headers":{"control":"reset","operation":"insert"}}`,
	"insert, no value":    `{"type":"a","key":"1","headers":{"operation":"insert"}}`,
	"value is no object":  `{"type":"a","key":"1","value":[1],"headers":{"operation":"insert"}}`,
	"delete with value":   `{"type":"a","key":"1","value":{},"headers":{"operation":"delete"}}`,
	"no type":             `{"key":"1","value":{},"headers":{"operation":"insert"}}`,
	"position, short":     `{"headers":{"control":"reset","lsn":"0-0-0"}}`,
	"position, no digits": `{"headers":{"control":"reset","lsn":"g000000001A2B3C4-0000000001A2B300-00000002"}}`,
	"position, no dashes": `{"headers":{"control":"reset","lsn":"0000000001A2B3C400000000001A2B300000000002"}}`,
}

func TestParse(t *testing.T) {
	for _, message := range good {
		if _, err := event.Parse([]byte(message)); err != nil {
			t.Errorf("%s: got %v, want an event", message, err)
		}
	}
	for name, message := range bad {
		if e, err := event.Parse([]byte(message)); err == nil {
			t.Errorf("%s: got %+v, want an error", name, e)
		}
	}
}

func TestPositionChange(t *testing.T) {
	if got := event.Position(position).Change(); got != 0x1A2B300 {
		t.Errorf("got the change %X, want 1A2B300", got)
	}
	if got := event.Position(position).Commit(); got != 0x1A2B3C4 {
		t.Errorf("got the commit %X, want 1A2B3C4", got)
	}
	if got := event.Position("nowhere").Change(); got != 0 {
		t.Errorf("no position: got the change %X, want 0", got)
	}
}

func TestLive(t *testing.T) {
	for message, want := range map[string]bool{
		`{"type":"a","key":"1","value":{},"headers":{"operation":"insert","txid":"5"}}`:                 true,
		`{"type":"a","key":"1","value":{},"headers":{"operation":"insert","txid":"5","snapshot":true}}`: false,
		`{"headers":{"control":"reset"}}`: false,
	} {
		e, err := event.Parse([]byte(message))
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Live(); got != want {
			t.Errorf("%s: live: got %t, want %t", message, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, message := range good {
		f.Add([]byte(message))
	}
	for _, message := range bad {
		f.Add([]byte(message))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		e, err := event.Parse(message)
		if err != nil {
			return
		}
		written, err := json.Marshal(e)
		if err != nil {
			t.Fatalf("write what was read from %q: %v", message, err)
		}
		again, err := event.Parse(written)
		if err != nil {
			t.Fatalf("read again %s: %v", written, err)
		}
		// Marshal compacts the value, so only the rest has to be the same.
		e.Value, again.Value = nil, nil
		if !reflect.DeepEqual(again, e) {
			t.Errorf("got %+v from %s, want %+v", again, written, e)
		}
	})
}
