package filestore

import "github.com/weirstreams/weir/store"

// ExtentEnd is where the extents of tests end.
const ExtentEnd = 1000

// Recode decodes and encodes again what the tier keeps, by kind.
var Recode = map[string]func([]byte) ([]byte, error){
	"entry": func(b []byte) ([]byte, error) {
		l, err := decodeEntry(b)
		if err != nil {
			return nil, err
		}
		return l.recode(), nil
	},
	"extent": func(b []byte) ([]byte, error) {
		x, err := decodeExtent(ExtentEnd, b)
		if err != nil {
			return nil, err
		}
		return x.encode(), nil
	},
	"root": func(b []byte) ([]byte, error) {
		r, err := decodeRoot(b)
		return r.encode(), err
	},
	"record": func(b []byte) ([]byte, error) {
		r, err := decodeRecord("name", b)
		return r.encode(), err
	},
}

func (l *logged) recode() []byte {
	m := store.NewMeta(l.id, l.name, l.config)
	if l.kind == kindDelete && l.source != 0 {
		m.Config.Fork = &store.Fork{ID: l.source}
	}
	e := entry{kind: l.kind, h: &handle{meta: m}, change: &l.change, tail: l.tail}
	return e.encode(nil)
}

// Samples are encodings of each kind.
var Samples = samples()

func samples() map[string][][]byte {
	fork := store.Config{ContentType: "text/plain", TTL: 60, ExpiresAt: "2030-01-01T00:00:00Z", Asked: 3,
		Fork: &store.Fork{Source: "src", ID: 9, Anchor: 4, Sub: 2, At: 6}}
	change := store.Change{Bytes: []byte("bytes"), Producer: &store.ProducerAppend{ID: "p", Epoch: 1, Seq: -2},
		Close: true, Seq: "s", Expires: 5, SoftDelete: true, Mark: "m", MarkValue: "v"}
	m := store.NewMeta(7, "name", fork)
	m.Apply(&change)
	h := &handle{meta: m}
	entries := []entry{
		{kind: kindCreate, h: h, change: &change},
		{kind: kindChange, h: h, change: &change, tail: 300},
		{kind: kindChange, h: h, change: &store.Change{}},
		{kind: kindDelete, h: h},
		{kind: kindDelete, h: &handle{}},
	}
	out := map[string][][]byte{
		"extent": {
			(&extent{start: 990, sum: 7, lengths: []byte{1, 2, 7}}).encode(),
			(&extent{start: 700, sum: 7, lengths: []byte{0xac, 0x02}}).encode(),
		},
		"root":   {root{storeID: [16]byte{1, 2}, walStart: 3, lastID: 4, streams: 5, begun: true}.encode(), root{}.encode()},
		"record": {(&record{lsn: 8, meta: m}).encode(), (&record{}).encode()},
	}
	for _, e := range entries {
		out["entry"] = append(out["entry"], e.encode(nil))
	}
	return out
}

// AppendBounds returns the bounds of the append at each position of an extent
// that ends at ExtentEnd, from the position first on; of a long extent, of a part.
func AppendBounds(b []byte) (first int64, bounds [][2]int64, err error) {
	x, err := decodeExtent(ExtentEnd, b)
	if err != nil {
		return 0, nil, err
	}
	first = max(x.start, ExtentEnd-2000)
	for pos := first; pos < x.end; pos++ {
		start, end := x.appendAt(pos)
		bounds = append(bounds, [2]int64{start, end})
	}
	return first, bounds, nil
}
