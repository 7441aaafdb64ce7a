package assemble_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/pgoutput/pgouttest"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

// nowhere is a sink that takes everything at no cost.
type nowhere struct{ bytes int }

func (*nowhere) Hides() bool                                       { return true }
func (*nowhere) State(context.Context, string) (sink.State, error) { return sink.State{}, nil }
func (*nowhere) Read(context.Context, string, int64) (io.ReadCloser, error) {
	return nil, io.ErrUnexpectedEOF
}
func (*nowhere) List(context.Context, string, string, int) ([]string, error) { return nil, nil }
func (*nowhere) Delete(context.Context, string) error                        { return nil }
func (*nowhere) Load(context.Context, string) (string, error)                { return "", nil }
func (*nowhere) Save(context.Context, string, string) error                  { return nil }
func (n *nowhere) NewBatch() sink.Batch                                      { return n }
func (*nowhere) Wait() error                                                 { return nil }

func (n *nowhere) Append(a *sink.Append) error {
	n.bytes += len(a.Data)
	return nil
}

const (
	benchTx    = 10      // rows of a transaction
	benchGroup = 4 << 20 // bytes that are flushed together
)

// BenchmarkHandle takes a row of six columns and some 200 bytes for each op, from the
// message to its stream's buffer; its share of transactions and of appends, to
// nowhere, is included.
func BenchmarkHandle(b *testing.B) {
	b.Run("streams=1", func(b *testing.B) {
		o := defaults(b)
		o.Sink, o.Catalogue = &nowhere{}, catalogue{}
		o.Stage = func(sink.Batch, lsn.LSN) error { return nil }
		benchHandle(b, assemble.New(o, 0), 1)
	})
	for _, streams := range []int{16, 10_000} {
		for _, extended := range []bool{false, true} {
			b.Run(fmt.Sprintf("streams=%d/extended=%v", streams, extended), func(b *testing.B) {
				o := defaults(b, "table: public.orders, template: 'customers/{column:customer}'")
				o.Sink, o.Catalogue, o.Extended = &nowhere{}, catalogue{}, extended
				o.Stage = func(sink.Batch, lsn.LSN) error { return nil }
				benchHandle(b, assemble.New(o, 0), streams)
			})
		}
	}
}

func benchHandle(b *testing.B, a *assemble.Assembler, streams int) {
	orders, inserts := benchInserts(streams)
	w := &benchWork{b: b, a: a, at: 1 << 32, inserts: inserts}
	w.handle(0, pgouttest.Encode(orders))
	for range 10 * streams { // each stream's buffer is as large as it will be
		w.row()
	}
	b.SetBytes(int64(len(inserts[0])))
	b.ReportAllocs()
	for b.Loop() {
		w.row()
	}
}

// benchInserts are rows for as many streams, each as a message.
func benchInserts(streams int) (*pgoutput.Relation, [][]byte) {
	orders := relation(1, "orders", pgoutput.IdentityDefault, "*id", "customer", "state", "total", "placed_at", "note")
	orders.Columns[0].Type = 20
	var inserts [][]byte
	for i := range streams {
		inserts = append(inserts, pgouttest.Encode(&pgoutput.Insert{Relation: orders, New: row(
			fmt.Sprint(1_000_000+i), fmt.Sprintf("customer-%08d", i), "shipped", "1299.50",
			"2024-05-17 09:31:07.123456+00", strings.Repeat("n", 110),
		)}))
	}
	return orders, inserts
}

// benchWork sends rows in transactions, and flushes as a session does.
type benchWork struct {
	b       *testing.B
	a       *assemble.Assembler
	at      lsn.LSN
	inserts [][]byte
	n       int
	frame   []byte
}

func (w *benchWork) handle(at lsn.LSN, message []byte) {
	if err := w.a.Handle(context.Background(), at, message); err != nil {
		w.b.Fatal(err)
	}
}

// row sends one row, with the beginning or the end of its transaction.
func (w *benchWork) row() {
	w.at += 0x10
	if w.n%benchTx == 0 {
		w.frame = append(w.frame[:0], 'B')
		w.frame = binary.BigEndian.AppendUint64(w.frame, uint64(w.at+0x1000))
		w.frame = append(w.frame, "\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x02\xda"...)
		w.handle(w.at, w.frame)
	}
	w.handle(w.at, w.inserts[w.n%len(w.inserts)])
	if w.n++; w.n%benchTx != 0 {
		return
	}
	w.at += 0x1000
	w.frame = append(w.frame[:0], "C\x00"...)
	w.frame = binary.BigEndian.AppendUint64(w.frame, uint64(w.at))
	w.frame = binary.BigEndian.AppendUint64(w.frame, uint64(w.at+1))
	w.frame = append(w.frame, "\x00\x02\x00\x00\x00\x00\x00\x00"...)
	w.handle(w.at, w.frame)
	if w.a.Bytes() < benchGroup {
		return
	}
	if err := w.a.Flush(); err != nil {
		w.b.Fatal(err)
	}
}
