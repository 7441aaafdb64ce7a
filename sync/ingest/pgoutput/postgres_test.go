package pgoutput_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/pgoutput/pgouttest"
	"github.com/weirstreams/weir/sync/ingest/pgtest"
)

var (
	postgres pgtest.Shared
	update   = flag.Bool("update", false, "rewrite the expected texts")
)

func TestMain(m *testing.M) { os.Exit(postgres.Main(m)) }

// TestPostgres has a real server decode the workload, and holds every message
// against two witnesses: what another parser makes of the same bytes, and, as
// that one could share a mistake with ours, a text that was read by a human.
func TestPostgres(t *testing.T) {
	server := postgres.Server(t)
	db := server.Database(t)
	server.ExecIn(t, db, schema...)
	server.ExecIn(t, db, workload...)
	t.Cleanup(func() { server.ExecIn(t, db, "SELECT pg_replication_origin_drop('north')") }) // it is of all databases
	c := server.Conn(t, db)

	t.Run("text", func(t *testing.T) {
		transcript := compare(t, peek(t, c, "binary", "false"))
		golden(t, "testdata/workload.txt", transcript)
	})
	t.Run("binary", func(t *testing.T) {
		transcript := compare(t, peek(t, c, "binary", "true"))
		if !strings.Contains(transcript, "binary(") {
			t.Error("got no binary value, want some")
		}
	})
}

// peek returns the messages that wait in the slot, without taking them.
func peek(t *testing.T, c *pgx.Conn, options ...string) [][]byte {
	t.Helper()
	options = append(options, "proto_version", "1", "publication_names", publicationName, "messages", "true")
	rows, err := c.Query(context.Background(),
		"SELECT data FROM pg_logical_slot_peek_binary_changes($1, NULL, NULL, VARIADIC $2)", slotName, options)
	if err != nil {
		t.Fatal(err)
	}
	messages, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		t.Fatal(err)
	}
	return messages
}

// compare decodes the messages by both parsers, and returns what ours read as
// text. All pass through one buffer, as they do when they are received.
func compare(t *testing.T, messages [][]byte) string {
	t.Helper()
	var d pgoutput.Decoder
	var buffer []byte
	var transcript strings.Builder
	peer := peer{relations: map[uint32]*pgoutput.Relation{}}
	seen := map[reflect.Type]bool{}
	for _, message := range messages {
		buffer = append(buffer[:0], message...)
		got, err := d.Decode(buffer)
		if err != nil {
			t.Fatalf("decode %q: %v", message, err)
		}
		parsed, err := pglogrepl.Parse(message)
		if err != nil {
			t.Fatalf("parse %q by pglogrepl: %v", message, err)
		}
		if want := peer.convert(parsed); !reflect.DeepEqual(normal(got), want) {
			t.Errorf("decode %q: got %#v, want %#v", message, got, want)
		}
		if again := pgouttest.Encode(got); !bytes.Equal(again, message) {
			t.Errorf("encoded again: got %q, want %q", again, message)
		}
		seen[reflect.TypeOf(got)] = true
		transcript.WriteString(describe(got) + "\n")
	}
	if kinds := 10; len(seen) != kinds {
		t.Errorf("got messages of %d kinds, want all %d: %v", len(seen), kinds, seen)
	}
	return transcript.String()
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got another text than %s (rewrite it by -update):\n%s", path, got)
	}
}
