package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
	"github.com/weirstreams/weir/e2e/internal/wire"
)

const (
	backupStreams = 6
	backupAcks    = 1000 // appends before a backup, and after it
)

// operable is the configuration of a server that can be asked for backups.
func operable(t *testing.T, mode, dir string) weirtest.Config {
	t.Helper()
	return weirtest.Config{Binary: weirBinary, Mode: mode, Dir: dir, Env: env{
		"DS_ADMIN__LISTEN":             fmt.Sprint("127.0.0.1:", weirtest.FreePort(t)),
		"DS_STORAGE__ACID_SHARD_COUNT": "4",
		"DS_LIMITS__MAX_MEMORY_BYTES":  "1MiB",
		"DS_LIMITS__MAX_STREAM_BYTES":  "0",
	}}
}

// weir runs a command to its end and returns what it printed.
func weir(t *testing.T, cfg weirtest.Config, args ...string) (output string, err error) {
	t.Helper()
	out, err := weirtest.Command(cfg, args...).CombinedOutput()
	return string(out), err
}

func mustWeir(t *testing.T, cfg weirtest.Config, args ...string) {
	t.Helper()
	if out, err := weir(t, cfg, args...); err != nil {
		t.Fatalf("weir %q: got %v and %s, want success", args, err, out)
	}
}

// into is cfg for another data directory.
func into(cfg weirtest.Config, dir string) weirtest.Config {
	cfg.Dir, cfg.Env = dir, maps.Clone(cfg.Env)
	return cfg
}

// TestBackupUnderLoad backs a server up in the middle of concurrent writes, goes
// on writing, and restores the backup beside it. In what is served from there is
// every append that was acknowledged before the backup was begun, and nothing
// that the original does not have in its place.
func TestBackupUnderLoad(t *testing.T) {
	for _, mode := range durableModes {
		t.Run(mode, func(t *testing.T) {
			cfg := operable(t, mode, t.TempDir())
			server := weirtest.Start(t, cfg)
			a := newAPI(t, server.URL())
			a.create("closed", plainText, "for ever")
			a.want(204, "POST", "closed", wire.Header{"Stream-Closed": "true"}, "")
			a.create("gone", plainText, strings.Repeat("gone", 10_000))
			w := startNumberers(t, a)
			w.await(backupAcks)
			a.want(201, "PUT", "fork", wire.Header{"Content-Type": plainText, "Stream-Forked-From": "/v1/stream/numbers/0"}, "its own")
			before := w.acknowledged()

			copied := filepath.Join(t.TempDir(), "copy")
			mustWeir(t, cfg, "backup", copied)
			a.want(204, "DELETE", "gone", nil, "")
			a.append("fork", plainText, " and more")
			w.await(backupAcks)
			w.stop()
			original := contents(a)

			restored := into(cfg, filepath.Join(t.TempDir(), "restored"))
			mustWeir(t, restored, "restore", copied)
			restored.Env["DS_ADMIN__LISTEN"] = ""
			b := newAPI(t, weirtest.Start(t, restored).URL())
			for name, got := range contents(b) {
				if !strings.HasPrefix(original[name], got) {
					t.Errorf("%s: got %.60q…, want the front of the original's %.60q…", name, got, original[name])
				}
			}
			w.check(b, before)
			if got, want := b.text("gone"), strings.Repeat("gone", 10_000); got != want {
				t.Errorf("stream that was deleted after the backup: got %d bytes, want %d", len(got), len(want))
			}
			if got := b.read("closed", "-1"); !got.Closed || string(got.Bytes) != "for ever" {
				t.Errorf("closed stream: got %q and closed %v, want it closed with %q", got.Bytes, got.Closed, "for ever")
			}
			if got := b.text("fork"); !strings.HasSuffix(got, "its own") || !strings.HasPrefix(got, numberOf(0)) {
				t.Errorf("fork: got %.60q…, want what it inherits and its own", got)
			}
		})
	}
}

// contents reads the streams that are written in a backup's test.
func contents(a api) map[string]string {
	all := map[string]string{"closed": a.text("closed"), "fork": a.text("fork")}
	for s := range backupStreams {
		all[numbers(s)] = a.text(numbers(s))
	}
	return all
}

// numberers write numbers to streams, each as an idempotent producer.
type numberers struct {
	acked  [backupStreams]atomic.Int64
	total  atomic.Int64
	ended  context.CancelFunc
	ending sync.WaitGroup
}

func numbers(s int) string { return fmt.Sprint("numbers/", s) }

func numberOf(n int) string { return fmt.Sprintf("%08d %s\n", n, strings.Repeat("x", 500)) }

func startNumberers(t *testing.T, a api) *numberers {
	w := &numberers{}
	ctx, cancel := context.WithCancel(t.Context())
	w.ended = cancel
	for s := range backupStreams {
		a.create(numbers(s), plainText, "")
		w.ending.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				resp, err := a.client.Do(context.Background(), appendNumber(s, n))
				if err != nil || resp.Status != http.StatusOK && resp.Status != http.StatusNoContent {
					t.Errorf("append %d to %s: got error %v and status %d", n, numbers(s), err, resp.Status)
					return
				}
				w.acked[s].Add(1)
				w.total.Add(1)
			}
		})
	}
	t.Cleanup(w.stop)
	return w
}

func appendNumber(s, n int) wire.Request {
	return wire.Request{Method: "POST", Stream: numbers(s), Body: []byte(numberOf(n)), Header: wire.Header{
		"Content-Type": plainText, "Producer-Id": "numberer", "Producer-Epoch": "0", "Producer-Seq": fmt.Sprint(n),
	}}
}

// await returns when so many more appends have been acknowledged.
func (w *numberers) await(more int64) {
	enough := w.total.Load() + more
	for deadline := time.Now().Add(patience); w.total.Load() < enough && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
}

func (w *numberers) acknowledged() (n [backupStreams]int64) {
	for s := range n {
		n[s] = w.acked[s].Load()
	}
	return n
}

func (w *numberers) stop() {
	w.ended()
	w.ending.Wait()
}

// check reads what the numberers wrote. Each stream has whole numbers in order, at
// least those that were acknowledged, and takes the next one and no earlier one.
func (w *numberers) check(a api, least [backupStreams]int64) {
	a.t.Helper()
	for s := range backupStreams {
		got := a.text(numbers(s))
		n := len(got) / len(numberOf(0))
		var want strings.Builder
		for i := range n {
			want.WriteString(numberOf(i))
		}
		if got != want.String() || int64(n) < least[s] {
			a.t.Errorf("%s: got %d bytes with %d numbers, want whole ones in order, at least %d", numbers(s), len(got), n, least[s])
			continue
		}
		for i := max(0, n-1); i <= n; i++ {
			request := appendNumber(s, i)
			a.want(map[bool]int{true: 200, false: 204}[i == n], request.Method, request.Stream, request.Header, string(request.Body))
		}
		if got, want := len(a.text(numbers(s))), (n+1)*len(numberOf(0)); got != want {
			a.t.Errorf("%s after number %d was sent again and number %d: got %d bytes, want %d", numbers(s), n-1, n, got, want)
		}
	}
}

// filledDir makes a data directory whose backup takes a moment.
func filledDir(t *testing.T, mode string) weirtest.Config {
	t.Helper()
	cfg := operable(t, mode, t.TempDir())
	server := weirtest.Start(t, cfg)
	a := newAPI(t, server.URL())
	for i := range 30 {
		a.create(fmt.Sprint("kept/", i), octets, strings.Repeat(fmt.Sprint(i), 300_000))
	}
	server.Stop()
	return cfg
}

func checkFilled(t *testing.T, cfg weirtest.Config) {
	t.Helper()
	server := weirtest.Start(t, cfg)
	a := newAPI(t, server.URL())
	for i := range 30 {
		if got, want := a.text(fmt.Sprint("kept/", i)), strings.Repeat(fmt.Sprint(i), 300_000); got != want {
			t.Errorf("kept/%d: got %d bytes, want the %d that were there", i, len(got), len(want))
		}
	}
	server.Stop()
}

// killedAfter starts a command and kills it after a while, unless it has ended.
func killedAfter(t *testing.T, cfg weirtest.Config, while time.Duration, args ...string) {
	t.Helper()
	cmd := weirtest.Command(cfg, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killer := time.AfterFunc(while, func() { cmd.Process.Kill() })
	_ = cmd.Wait() // that it was killed is what is wanted
	killer.Stop()
}

// TestKilledBackup kills weir backup, without a server, again and again. Nothing
// that passes for a backup is left unless it is one.
func TestKilledBackup(t *testing.T) {
	for _, mode := range []string{"file-durable", "acid"} {
		t.Run(mode, func(t *testing.T) {
			cfg := filledDir(t, mode)
			copied := filepath.Join(t.TempDir(), "copy")
			kills := 0
			for while := 2 * time.Millisecond; ; while += while/2 + time.Millisecond {
				killedAfter(t, cfg, while, "backup", copied)
				if _, err := os.Stat(copied); err == nil {
					break
				}
				kills++
			}
			if kills < 3 {
				t.Errorf("got %d backups killed, want more to know anything", kills)
			}
			restored := into(cfg, filepath.Join(t.TempDir(), "restored"))
			mustWeir(t, restored, "restore", copied)
			checkFilled(t, restored)
			checkFilled(t, cfg)
		})
	}
}

// TestKilledRestore kills weir restore again and again. A server takes what is left
// for a store only when it is one.
func TestKilledRestore(t *testing.T) {
	for _, mode := range []string{"file-durable", "acid"} {
		t.Run(mode, func(t *testing.T) {
			cfg := filledDir(t, mode)
			copied := filepath.Join(t.TempDir(), "copy")
			mustWeir(t, cfg, "backup", copied)
			restored := into(cfg, filepath.Join(t.TempDir(), "restored"))
			kills, refused := 0, 0
			for while := 2 * time.Millisecond; ; while += while/2 + time.Millisecond {
				killedAfter(t, restored, while, "restore", copied)
				if _, err := os.Stat(filepath.Join(restored.Dir, strings.SplitN(mode, "-", 2)[0])); err == nil {
					break
				}
				kills++
				if _, err := os.Stat(filepath.Join(restored.Dir, "restoring")); err != nil {
					continue // it had not begun
				}
				refused++
				if code, out := weirtest.RunRefused(t, restored, patience); code != 1 || !strings.Contains(out, "restoring") {
					t.Fatalf("server after a killed restore: got exit status %d and %s, want it refused", code, out)
				}
			}
			if kills < 3 || refused < 1 {
				t.Errorf("got %d restores killed and %d refused, want more to know anything", kills, refused)
			}
			checkFilled(t, restored)
		})
	}
}

// TestDamagedBackupIsNotRestored flips a bit in each kind of file of a backup, and
// cuts one.
func TestDamagedBackupIsNotRestored(t *testing.T) {
	cfg := filledDir(t, "file-durable")
	copied := filepath.Join(t.TempDir(), "copy")
	mustWeir(t, cfg, "backup", copied)
	for name, good := range readTree(t, copied) {
		if good == "" || strings.HasPrefix(name, "file/data/") && !strings.HasPrefix(name, "file/data/05/") {
			continue
		}
		flipped := []byte(good)
		flipped[len(good)/2] ^= 1
		for kind, bad := range map[string][]byte{"flipped": flipped, "cut": []byte(good[:len(good)-1])} {
			file := filepath.Join(copied, name)
			overwrite(t, file, bad)
			restored := into(cfg, filepath.Join(t.TempDir(), "restored"))
			if out, err := weir(t, restored, "restore", copied); err == nil || !strings.Contains(out, name) {
				t.Errorf("%s, %s: got error %v and %s, want it refused by name", name, kind, err, out)
			}
			if _, err := os.Stat(filepath.Join(restored.Dir, "file")); err == nil {
				t.Errorf("%s, %s: got streams in their place, want none", name, kind)
			}
			overwrite(t, file, []byte(good))
		}
	}
	restored := into(cfg, filepath.Join(t.TempDir(), "restored"))
	mustWeir(t, restored, "restore", copied)
	checkFilled(t, restored)
}

// TestBackupLeavesTheServerAlone stops a server while somebody takes a backup and
// reads none of it: the end does not wait.
func TestBackupLeavesTheServerAlone(t *testing.T) {
	for _, mode := range durableModes {
		t.Run(mode, func(t *testing.T) {
			cfg := filledDir(t, mode)
			server := weirtest.Start(t, cfg)
			a := newAPI(t, server.URL())
			resp, err := http.Post("http://"+cfg.Env["DS_ADMIN__LISTEN"]+"/backup", "", bytes.NewReader(nil))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			a.create("beside", plainText, "a backup that nobody reads")
			begin := time.Now()
			server.Stop()
			if took := time.Since(begin); took > 10*time.Second {
				t.Errorf("the server took %v to stop, want it not to wait for a backup", took)
			}
		})
	}
}
