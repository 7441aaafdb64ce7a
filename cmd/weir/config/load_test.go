package config_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/sync/ingest/route"
)

// problemsOf returns the problems that err lists, none for a nil error.
func problemsOf(t *testing.T, err error) []config.Problem {
	t.Helper()
	if err == nil {
		return nil
	}
	var list *config.Error
	if !errors.As(err, &list) {
		t.Fatalf("got error %v of type %T, want *config.Error", err, err)
	}
	return list.Problems
}

func TestDefaults(t *testing.T) {
	got, warnings, err := config.Load(nil)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("got error %v and warnings %q, want neither", err, warnings)
	}
	want := config.Config{
		Server: config.Server{
			Host: "127.0.0.1", Port: 4437,
			LongPollTimeout:      30 * time.Second,
			SSEReconnectInterval: time.Minute,
			SSEKeepalive:         15 * time.Second,
			PageBytes:            1048576,
			ShutdownTimeout:      30 * time.Second,
		},
		HTTP: config.HTTP{CORSOrigins: []string{"*"}, StreamBasePath: "/v1/stream"},
		Limits: config.Limits{
			MaxMemoryBytes: 104857600, MaxStreamBytes: 10485760, MaxAppendBytes: 10485760,
			MaxStreamNameBytes: 1024, MaxStreamNameSegments: 8, MaxHeaderBytes: 32768,
		},
		Storage: config.Storage{
			Mode: config.Memory, AcidShardCount: 16, ScrubInterval: 24 * time.Hour, ScrubBytesPerSec: 16 << 20,
			MinFreeBytes: 64 << 20, MinFreeInodes: 1024,
		},
		Log: config.Log{Level: "info"},
		Sync: config.Sync{
			Source: config.SyncSource{
				IPFamily: "auto", Publications: "ds_sync", ManagePublication: "auto",
				Slot: "ds_sync", SlotMode: "auto", SlotFailover: "auto", SlotLost: "stop", Takeover: "wait",
			},
			Routes: config.SyncRoutes{
				StreamTemplate: "pg/{schema}/{table}", TypeTemplate: "{table}", MaxStreams: 1000000, NoKey: "refuse",
			},
			Events: config.SyncEvents{
				Headers: "strict", OldValue: "none", Toast: "merge",
				Int8: "number", Numeric: "string", Bytea: "base64", JSON: "verbatim", Composite: "string",
				Truncate: "auto", DDL: "follow", DDLBackfill: "auto", OnBadRow: "stop",
			},
			Snapshot: config.SyncSnapshot{
				Mode: route.SnapshotAuto, Workers: 4, ChunkRows: 10000, ChunkBytes: 8 << 20,
				MaxDuration: config.Span(30 * time.Minute), MaxWAL: -25,
			},
			Flow: config.SyncFlow{
				TxStreaming: "off", TxAtomicBytes: 64 << 20, BufferBytes: 64 << 20, MaxRowBytes: 32 << 20, SpoolBytes: 20 << 30,
				Heartbeat: "message", HeartbeatInterval: config.Span(30 * time.Second),
				BackoffMin: config.Span(250 * time.Millisecond), BackoffMax: config.Span(30 * time.Second),
				LagWarnBytes: 1 << 30, LagWarn: time.Minute,
			},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("defaults: got %+v, want %+v", got, want)
	}
}

// A default that its own rule refuses would only show once somebody wrote it out.
func TestDefaultsAreAllowed(t *testing.T) {
	for _, row := range config.Reference() {
		if row.Default == "" {
			continue
		}
		if _, _, err := config.Load([]string{row.Name + "=" + row.Default}); err != nil {
			t.Errorf("%s set to its default: got %v, want no error", row.Name, err)
		}
	}
}

func TestEveryMistakeAtOnce(t *testing.T) {
	var environ, want []string
	for _, v := range allValues {
		environ = append(environ, v.name+"="+v.bad[0])
		want = append(want, v.name)
	}
	environ = append(environ, "DS_TLS__CERT=/etc/cert.pem", "DS_SYNC__SLTO=x")
	want = append(want, "DS_SYNC__SLTO", "DS_TLS__CERT")

	_, _, err := config.Load(environ)
	var got []string
	for _, p := range problemsOf(t, err) {
		got = append(got, p.Names...)
		if !strings.Contains(err.Error(), "\n  "+p.Text) {
			t.Errorf("error text %q: got no line %q, want one", err, p.Text)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("problems: got %q, want %q", got, want)
	}
}

func TestContradictions(t *testing.T) {
	mode, dir := "DS_STORAGE__MODE", "DS_STORAGE__DATA_DIR"
	name, header := "DS_LIMITS__MAX_STREAM_NAME_BYTES", "DS_LIMITS__MAX_HEADER_BYTES"
	cert, key, ca := "DS_TLS__CERT_PATH", "DS_TLS__KEY_PATH", "DS_TLS__CLIENT_CA_PATH"
	listen, token := "DS_ADMIN__LISTEN", "DS_ADMIN__TOKEN"
	db, tables, slot := "DS_SYNC__DATABASE_URL", "DS_SYNC__TABLES", "DS_SYNC__SLOT"
	stream, streams, segments := "DS_SYNC__STREAM_TEMPLATE", "DS_SYNC__MAX_STREAMS", "DS_LIMITS__MAX_STREAM_NAME_SEGMENTS"
	file, command := "DS_SYNC__DATABASE_PASSWORD_FILE", "DS_SYNC__DATABASE_PASSWORD_COMMAND"
	slotMode, failover := "DS_SYNC__SLOT_MODE", "DS_SYNC__SLOT_FAILOVER"
	row, buffer := "DS_SYNC__MAX_ROW_BYTES", "DS_SYNC__BUFFER_BYTES"
	pauseMin, pauseMax := "DS_SYNC__BACKOFF_MIN", "DS_SYNC__BACKOFF_MAX"
	warn, stop := "DS_SYNC__LAG_WARN_BYTES", "DS_SYNC__LAG_STOP_BYTES"
	in := func(more ...string) []string { return append(more, db+"=host=h", tables+"=a.*") }
	tests := []struct {
		about   string
		environ []string
		want    [][]string
	}{
		{"a mode on disk without a directory", []string{mode + "=file-fast"}, [][]string{{mode, dir}}},
		{"the durable mode without a directory", []string{mode + "=file-durable"}, [][]string{{mode, dir}}},
		{"the acid mode without a directory", []string{mode + "=acid"}, [][]string{{mode, dir}}},
		{"an empty directory is none", []string{mode + "=file-fast", dir + "="}, [][]string{{mode, dir}}},
		{"memory needs none", []string{mode + "=memory"}, nil},
		{"both set", []string{mode + "=file-fast", dir + "=d"}, nil},
		{"both set for the acid mode", []string{mode + "=acid", dir + "=d"}, nil},
		{"a count of shards for another mode", []string{"DS_STORAGE__ACID_SHARD_COUNT=64"}, nil},
		{"a wrong mode is not compared", []string{mode + "=tape"}, [][]string{{mode}}},
		{"a name as long as the header", []string{name + "=4KiB", header + "=4KiB"}, [][]string{{name, header}}},
		{"a name just shorter", []string{name + "=4095", header + "=4KiB"}, nil},
		{"a wrong header limit is not compared", []string{header + "=x"}, [][]string{{header}}},
		{"a certificate alone", []string{cert + "=c"}, [][]string{{cert, key}}},
		{"a key alone", []string{key + "=k"}, [][]string{{cert, key}}},
		{"a certificate with its key", []string{cert + "=c", key + "=k"}, nil},
		{"client certificates without TLS", []string{ca + "=a"}, [][]string{{ca, cert, key}}},
		{"client certificates with half of TLS", []string{ca + "=a", cert + "=c"}, [][]string{{cert, key}}},
		{"client certificates", []string{ca + "=a", cert + "=c", key + "=k"}, nil},
		{"operators on every interface", []string{listen + "=0.0.0.0:9437"}, [][]string{{listen, token}}},
		{"operators on every interface of IPv6", []string{listen + "=[::]:9437"}, [][]string{{listen, token}}},
		{"operators at a name", []string{listen + "=localhost.example:9437"}, [][]string{{listen, token}}},
		{"operators on another machine's side", []string{listen + "=128.0.0.1:9437"}, [][]string{{listen, token}}},
		{"operators with a token", []string{listen + "=0.0.0.0:9437", token + "=0123456789abcdef"}, nil},
		{"operators on this machine", []string{listen + "=127.8.9.10:9437"}, nil},
		{"tables without a database", []string{tables + "=a.*", slot + "=s"}, [][]string{{slot, tables, db}}},
		{"defaults without a database", []string{slot + "=ds_sync", stop + "=0", streams + "=1000000"}, nil},
		{"a database without tables", []string{db + "=postgres://h/d"}, [][]string{{db, tables}}},
		{"a database with tables", in(), nil},
		{"a wrong database", []string{db + "=x", slot + "=s"}, [][]string{{db}}},
		{"a password from two places", in(file+"=f", command+"=c"), [][]string{{file, command}}},
		{"a password from a file", in(file + "=f"), nil},
		{"a temporary slot on standbys", in(slotMode+"=temporary", failover+"=on"), [][]string{{slotMode, failover}}},
		{"a temporary slot", in(slotMode + "=temporary"), nil},
		{"streams without bounds", in(stream+"={key}", streams+"=0"), [][]string{{stream, streams}}},
		{"streams of tables without bounds", in(streams + "=0"), nil},
		{"names that are too deep", in(segments + "=2"), [][]string{{stream, segments}}},
		{"names that are just not", in(segments + "=3"), nil},
		{"names that nobody asks for", []string{segments + "=2"}, nil},
		{"a row that does not fit", in(row+"=2MiB", buffer+"=1MiB"), [][]string{{row, buffer}}},
		{"a row that just fits", in(row+"=1MiB", buffer+"=1MiB"), nil},
		{"pauses the wrong way round", in(pauseMin + "=31s"), [][]string{{pauseMin, pauseMax}}},
		{"pauses of one length", in(pauseMin+"=1m", pauseMax+"=60s"), nil},
		{"a lost slot without warning", in(stop + "=1GiB"), [][]string{{warn, stop}}},
		{"a lost slot never warned of", in(stop+"=1GiB", warn+"=0"), [][]string{{warn, stop}}},
		{"a lost slot after a warning", in(stop + "=2GiB"), nil},
		{"both kinds together", []string{mode + "=file-fast", name + "=8KiB", header + "=5KiB"}, [][]string{{mode, dir}, {name, header}}},
	}
	for _, test := range tests {
		_, _, err := config.Load(test.environ)
		var got [][]string
		for _, p := range problemsOf(t, err) {
			got = append(got, p.Names)
			for _, n := range p.Names {
				if !strings.Contains(p.Text, n) {
					t.Errorf("%s: got message %q, want it to name %s", test.about, p.Text, n)
				}
			}
		}
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got problems with %q, want %q", test.about, got, test.want)
		}
	}
}

func TestLaterEntryWinsAndEmptyIsUnset(t *testing.T) {
	cfg, warnings, err := config.Load([]string{
		"DS_SERVER__PORT=1", "DS_SERVER__PORT=2", "DS_SERVER__HOST=", "DS_TLS__KEY_PATH=", "DS_OOPS=", "PORT=9", "DS_NO_EQUALS",
	})
	if err != nil || len(warnings) > 0 {
		t.Fatalf("got error %v and warnings %q, want neither", err, warnings)
	}
	if cfg.Server.Port != 2 || cfg.Server.Host != "127.0.0.1" {
		t.Errorf("got port %d and host %q, want 2 and the default host", cfg.Server.Port, cfg.Server.Host)
	}
}

func TestLongValueIsCutInMessage(t *testing.T) {
	_, _, err := config.Load([]string{"DS_SERVER__PORT=" + strings.Repeat("9", 1<<20)})
	if n := len(problemsOf(t, err)[0].Text); n > 200 {
		t.Errorf("message about a value of 1 MiB: got %d bytes, want at most 200", n)
	}
}

func TestPromiseOfEveryMode(t *testing.T) {
	seen := map[string]config.Mode{}
	for _, mode := range []config.Mode{config.Memory, config.FileFast, config.FileDurable, config.Acid} {
		promise := mode.Promise()
		if other, twice := seen[promise]; promise == "" || twice {
			t.Errorf("promise of %s: got %q, as of %q; want one of its own", mode, promise, other)
		}
		seen[promise] = mode
	}
	if got := config.Mode("tape").Promise(); got != "" {
		t.Errorf("promise of no mode: got %q, want none", got)
	}
}

func TestWhatEveryModeDoes(t *testing.T) {
	tests := []struct {
		mode   config.Mode
		onDisk bool
	}{
		{config.Memory, false},
		{config.FileFast, true},
		{config.FileDurable, true},
		{config.Acid, true},
		{"tape", false},
	}
	for _, test := range tests {
		if got := test.mode.OnDisk(); got != test.onDisk {
			t.Errorf("%s on disk: got %v, want %v", test.mode, got, test.onDisk)
		}
	}
}
