package e2e_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/nodejs"
)

// table maps keys to names, as StreamDB should show them.
type table map[string]string

// stateWriter appends change events and keeps what they add up to.
type stateWriter struct {
	api    api
	stream string
	users  table
	teams  table
	batch  []string
}

func (w *stateWriter) set(operation, kind, key, name string) {
	w.tableOf(kind)[key] = name
	w.add(operation, kind, key, fmt.Sprintf(`,"value":{"name":%q}`, name))
}

func (w *stateWriter) remove(kind, key string) {
	delete(w.tableOf(kind), key)
	w.add("delete", kind, key, "")
}

func (w *stateWriter) tableOf(kind string) table {
	if kind == "user" {
		return w.users
	}
	return w.teams
}

func (w *stateWriter) add(operation, kind, key, value string) {
	w.batch = append(w.batch, fmt.Sprintf(
		`{"type":%q,"key":%q%s,"headers":{"operation":%q,"txid":"TXID"}}`, kind, key, value, operation))
}

// commit appends the changes since the last commit as one transaction.
func (w *stateWriter) commit(txid string) {
	body := "[" + strings.Join(w.batch, ",") + "]"
	w.batch = nil
	w.api.append(w.stream, jsonType, strings.ReplaceAll(body, "TXID", txid))
}

// TestStreamDB lets the official StreamDB materialise a stream of change events
// that spans several pages, and follow it live; on the durable tiers also over a
// restart and a crash of the server.
func TestStreamDB(t *testing.T) {
	nodejs.Require(t, ".")
	for _, mode := range allModes {
		t.Run(mode, func(t *testing.T) { checkStreamDB(t, mode) })
	}
}

func checkStreamDB(t *testing.T, mode string) {
	server := startServer(t, mode, env{"DS_SERVER__PAGE_BYTES": "4096"})
	w := &stateWriter{api: newAPI(t, server.URL()), stream: "state", users: table{}, teams: table{}}
	w.api.create(w.stream, jsonType, "")
	for i := range 200 {
		w.set("insert", "user", fmt.Sprint("u", i), fmt.Sprint("user ", i))
	}
	w.set("insert", "team", "t1", "red")
	w.set("update", "user", "u7", "renamed before")
	w.remove("user", "u8")
	w.commit("first")

	script := nodejs.Start(t, ".", "streamdb.mjs", map[string]any{
		"url":   server.URL() + "/v1/stream/" + w.stream,
		"txids": []string{"live", "restarted", "crashed"},
	})
	w.checkState(t, script, "preload")

	w.set("insert", "user", "u200", "new")
	w.set("update", "user", "u9", "renamed live")
	w.remove("user", "u10")
	w.set("update", "team", "t1", "blue")
	w.commit("live")
	w.checkState(t, script, "live")

	if mode != "memory" {
		server.Stop()
		server.Restart()
	}
	w.remove("team", "t1")
	w.commit("restarted")
	w.checkState(t, script, "restarted")

	if mode != "memory" {
		server.Kill()
		server.Restart()
	}
	w.set("insert", "team", "t1", "green")
	w.commit("crashed")
	w.checkState(t, script, "crashed")
}

// checkState waits for the script's next state and compares it.
func (w *stateWriter) checkState(t *testing.T, script *nodejs.Script, at string) {
	t.Helper()
	var got struct {
		At    string
		Users table
		Teams table
	}
	script.Await("state", patience).Decode(t, &got)
	if got.At != at {
		t.Fatalf("got the state at %q, want %q", got.At, at)
	}
	if !maps.Equal(got.Users, w.users) {
		t.Errorf("at %s: got users %v, want %v", at, got.Users, w.users)
	}
	if !maps.Equal(got.Teams, w.teams) {
		t.Errorf("at %s: got teams %v, want %v", at, got.Teams, w.teams)
	}
}
