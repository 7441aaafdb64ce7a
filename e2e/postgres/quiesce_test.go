package postgres_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/weirstreams/weir/e2e/postgres/event"
)

// quiesce commits a heartbeat and returns when it, and with it everything before
// it, has arrived: it is visible in its stream, and Postgres was told that it may
// forget all transactions up to it.
func (l *lab) quiesce() time.Duration {
	l.t.Helper()
	began := time.Now()
	key := l.beat()
	var end string
	l.must(l.ask(&end, `select pg_current_wal_insert_lsn()::text`))
	l.await("heartbeat "+key, func() (bool, error) { return l.arrived(key) })
	took := time.Since(began)
	l.await("confirmation of "+end, func() (bool, error) { return l.confirmed(end) })
	return took
}

// beat commits a heartbeat and returns its key.
func (l *lab) beat() string {
	l.t.Helper()
	l.beats++
	l.exec(fmt.Sprintf(`insert into heartbeat values (%d, 'nonce %d')`, l.beats, l.random.Uint64()))
	return fmt.Sprint(l.beats)
}

func (l *lab) arrived(key string) (bool, error) {
	events, err := event.Read(l.t.Context(), l.client, streamOf("heartbeat"))
	return slices.ContainsFunc(events, func(e event.Event) bool { return e.Key == key }), err
}

// confirmed asks Postgres, so that the server's word is not all there is.
func (l *lab) confirmed(end string) (yes bool, err error) {
	err = l.ask(&yes, `select confirmed_flush_lsn >= $1::text::pg_lsn
		from pg_replication_slots where slot_name = $2`, end, ingestSlot)
	return yes, err
}

// slotActive reports whether somebody reads the slot.
func (l *lab) slotActive() (yes bool, err error) {
	err = l.ask(&yes, `select active from pg_replication_slots where slot_name = $1`, ingestSlot)
	return yes, err
}

// await asks until the answer is yes. An error counts as no: while things come
// and go it is to be expected.
func (l *lab) await(what string, ask func() (bool, error)) {
	l.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var last error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		yes, err := ask()
		if yes {
			return
		}
		last = err
	}
	l.t.Fatalf("%s: got nothing in %s (last error: %v), want it; the status:\n%s", what, patience, last, l.status())
}

// status returns what the server says of its pipeline.
func (l *lab) status() string {
	text, err := l.adminPage("/sync/status")
	if err != nil {
		return err.Error()
	}
	return text
}

func (l *lab) adminPage(path string) (string, error) { return page(l.admin + path) }

// page returns what is at a URL, which has to be there.
func page(url string) (string, error) {
	client := http.Client{Timeout: 5 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: got status %d: %s", url, resp.StatusCode, text)
	}
	return string(text), err
}
