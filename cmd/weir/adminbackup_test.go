package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/backup"
)

// backedUp is a store of which only the backup is there.
type backedUp struct {
	store.Store
	backup func(ctx context.Context, add func(store.BackupFile) error) error
}

func (s backedUp) Backup(ctx context.Context, add func(store.BackupFile) error) error {
	return s.backup(ctx, add)
}

// startBackups serves the backups of a store as the admin listener does.
func startBackups(t *testing.T, backup func(context.Context, func(store.BackupFile) error) error) (a *adminServer, url string) {
	t.Helper()
	h := newBackupHandler(backedUp{backup: backup}, "file-fast", zerolog.Nop())
	listener, err := listenAdmin(t.Context(), config.Admin{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	srv := newHTTPServer(loadConfig(t).Limits, h, zerolog.Nop())
	srv.RegisterOnShutdown(h.end)
	return startAdmin(listener, srv, zerolog.Nop()), "http://" + listener.Addr().String() + "/backup"
}

// post asks for a backup and drops what comes.
func post(url string) (status int, err error) {
	response, err := asker.Post(url, "", nil)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}

var oneFile = store.BackupFile{Name: "file/a", Size: 1}

func TestBackupStatus(t *testing.T) {
	for _, test := range []struct {
		err  error
		want int
	}{
		{store.ErrNoFiles, http.StatusNotFound},
		{store.ErrBackupRunning, http.StatusConflict},
		{store.ErrClosed, http.StatusServiceUnavailable},
		{&store.CorruptionError{}, http.StatusInternalServerError},
	} {
		a, url := startBackups(t, func(context.Context, func(store.BackupFile) error) error { return test.err })
		status, err := post(url)
		if status != test.want || err != nil {
			t.Errorf("%v: got status %d and error %v, want %d", test.err, status, err, test.want)
		}
		a.stop(time.Second)
	}
}

// A backup that fails after its first byte must not look like a whole answer.
func TestFailedBackupIsCut(t *testing.T) {
	a, url := startBackups(t, func(_ context.Context, add func(store.BackupFile) error) error {
		f := oneFile
		f.Content = strings.NewReader("a")
		return errors.Join(add(f), errors.New("the disk is gone"))
	})
	defer a.stop(time.Second)
	if status, err := post(url); err == nil {
		t.Errorf("backup that fails half-way: got status %d and a whole answer, want it cut", status)
	}
}

// The end of the server does not wait for a backup.
func TestStopEndsABackup(t *testing.T) {
	begun, ended := make(chan struct{}), make(chan error, 1)
	a, url := startBackups(t, func(ctx context.Context, _ func(store.BackupFile) error) error {
		close(begun)
		<-ctx.Done()
		ended <- ctx.Err()
		return ctx.Err()
	})
	answered := make(chan int, 1)
	go func() {
		status, _ := post(url)
		answered <- status
	}()
	<-begun
	a.stop(time.Minute)
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("backup when the server stops: got %v, want %v", err, context.Canceled)
	}
	if got := <-answered; got != http.StatusServiceUnavailable {
		t.Errorf("its client: got status %d, want %d", got, http.StatusServiceUnavailable)
	}
}

// A client that goes ends its backup.
func TestClientThatGoes(t *testing.T) {
	begun, ended := make(chan struct{}), make(chan error, 1)
	a, url := startBackups(t, func(ctx context.Context, _ func(store.BackupFile) error) error {
		close(begun)
		<-ctx.Done()
		ended <- ctx.Err()
		return ctx.Err()
	})
	defer a.stop(time.Second)
	ctx, cancel := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-begun
		cancel()
	}()
	if _, err := asker.Do(request); !errors.Is(err, context.Canceled) {
		t.Errorf("request: got error %v, want %v", err, context.Canceled)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("backup of a client that went: got %v, want %v", err, context.Canceled)
	}
}

// TestBackupOfAServer makes a backup of a running server by hand, and holds that it
// is one.
func TestBackupOfAServer(t *testing.T) {
	for _, mode := range []string{"memory", "file-fast", "file-durable", "acid"} {
		t.Run(mode, func(t *testing.T) {
			s := startOperated(t, "DS_STORAGE__MODE="+mode, "DS_STORAGE__DATA_DIR="+t.TempDir(), "DS_STORAGE__ACID_SHARD_COUNT=2")
			defer s.stop()
			if status, body := fetch(t, http.MethodPut, "http://"+s.public+"/v1/stream/a"); status != http.StatusCreated {
				t.Fatalf("create a stream: got status %d and %s, want %d", status, body, http.StatusCreated)
			}
			response, err := asker.Post("http://"+s.admin+"/backup", "", nil)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if mode == "memory" {
				if response.StatusCode != http.StatusNotFound {
					t.Errorf("backup: got status %d, want %d", response.StatusCode, http.StatusNotFound)
				}
				return
			}
			folder, err := backup.NewFolder(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			defer folder.Close()
			m, err := folder.Receive(t.Context(), response.Body, nil)
			if err != nil || m.Mode != mode || m.Files == 0 {
				t.Errorf("backup: got %+v and error %v, want one of mode %s", m, err, mode)
			}
		})
	}
}
