package assemble

import "github.com/weirstreams/weir/sync/ingest/event"

// equalRows remembers how many equal rows there are, so that tables in which many are
// need not be asked about each. What a stream has says the same.
type equalRows struct{ counts map[equalRow]int }

type equalRow struct {
	stream    *stream
	era       int
	typ, hash string
}

// maxEqual bounds what is remembered. One takes some 150 bytes.
const maxEqual = 1 << 15

func (e *equalRows) get(s *stream, t *event.Table, hash []byte) (n int, known bool) {
	n, known = e.counts[equalRow{s, s.era, t.Type, string(hash)}]
	return n, known
}

func (e *equalRows) set(s *stream, t *event.Table, hash []byte, n int) {
	if e.counts == nil {
		e.counts = make(map[equalRow]int)
	}
	if len(e.counts) >= maxEqual {
		clear(e.counts)
	}
	e.counts[equalRow{s, s.era, t.Type, string(hash)}] = n
}
