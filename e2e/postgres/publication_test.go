package postgres_test

import (
	"strings"
	"testing"
)

const (
	dropPublication   = `drop publication ds_sync`
	createPublication = `create publication ds_sync for table thing, heartbeat with (publish_via_partition_root = true)`
)

// T12: what is published is published anew. Changes in between are in no slot.
func TestPublicationRecreated(t *testing.T) {
	l := lossLab(t, "stop", nil)
	before := l.history()
	l.exec(dropPublication)
	l.change()
	l.failed("E112")
	l.exec(createPublication)
	l.order("resume", "")
	if text := l.failed("E112"); !strings.Contains(text, "created again") {
		l.await("E112 for the new one", func() (bool, error) {
			now, err := l.pipeline()
			return strings.Contains(now.Error.Text, "created again"), err
		})
	}
	l.staysFailed()
	l.resync()
	l.begunAnew(before)
}

// T12, by itself: while the server runs, while it does not, and where the slot was
// made before the publication.
func TestPublicationRecreatedResyncs(t *testing.T) {
	l := lossLab(t, "resync", nil)
	anew := func() {
		l.exec(dropPublication)
		l.change()
		l.exec(createPublication)
	}
	before := l.history()
	anew()
	l.begunAnew(before)

	before = l.history()
	l.whileStopped(anew)
	l.begunAnew(before)

	before = l.history()
	l.whileStopped(func() {
		l.exec(dropPublication)
		l.recreateSlot()
		l.change()
		l.exec(createPublication)
	})
	l.begunAnew(before)
}

// T12, F3: the publication is the same one as before, but was not there when some
// changes were made: the server has nothing but SQLSTATE 42704 to say, for ever.
func TestSlotStuckWithoutPublication(t *testing.T) {
	l := lossLab(t, "stop", nil)
	before := l.history()
	l.whileStopped(func() {
		l.exec(`alter publication ds_sync rename to hidden`)
		l.change()
		l.exec(`alter publication hidden rename to ds_sync`)
	})
	if text := l.failed("E112"); !strings.Contains(text, "cannot send") {
		t.Errorf("got %q, want it to say that the slot is stuck", text)
	}
	l.staysFailed()
	l.order("resume", "")
	l.failed("E112")
	l.resync()
	l.begunAnew(before)
}
