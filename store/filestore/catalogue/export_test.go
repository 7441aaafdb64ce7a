package catalogue

import "encoding/binary"

// Closing says whether Close was called, which a Commit under way looks at.
func (c *Catalogue) Closing() bool { return c.closing.Load() }

// RunLength applies the merge rule to tables of the given sizes, newest first.
func RunLength(size int64, sizes []int64, most int) int {
	var refs []tableRef
	for _, s := range sizes {
		refs = append(refs, tableRef{size: s})
	}
	return runLength(size, refs, most)
}

// RecodeManifest decodes b and encodes the result.
func RecodeManifest(b []byte) ([]byte, error) {
	m, err := decodeManifest(b)
	if err != nil {
		return nil, err
	}
	return m.encode(), nil
}

// SealManifest puts body, what follows the header, into a whole file.
func SealManifest(body []byte) []byte {
	b := append(appendHeader(nil, magicManifest), body...)
	return binary.LittleEndian.AppendUint32(b, checksum(body))
}

// EncodeManifest encodes a manifest with tables of the given numbers.
func EncodeManifest(next uint64, root []byte, numbers ...uint64) []byte {
	m := manifest{next: next, root: root}
	for _, n := range numbers {
		m.tables = append(m.tables, tableRef{number: n, size: 100, footer: 7})
	}
	return m.encode()
}

// RecodeFooter completes body with checksum and magic, decodes that for a file
// of the given size, and returns it beside the result encoded again.
func RecodeFooter(body []byte, size int64) (whole, again []byte, err error) {
	whole = binary.LittleEndian.AppendUint32(append([]byte{}, body...), checksum(body))
	whole = append(whole, magicFooter...)
	f, err := decodeFooter(whole, size)
	if err != nil {
		return whole, nil, err
	}
	return whole, f.encode(), nil
}

// Entry is an entry for tests outside.
type Entry struct {
	Key, Value []byte
	Deleted    bool
}

// EncodeBlock encodes entries that ascend, without the checksum.
func EncodeBlock(entries []Entry) []byte {
	var b, last []byte
	for _, e := range entries {
		b = appendEntry(b, last, entry{key: e.Key, value: e.Value, deleted: e.Deleted})
		last = e.Key
	}
	return b
}

// DecodeBlocks decodes blocks, each as EncodeBlock makes it, one after the
// other; at damage it returns what came before.
func DecodeBlocks(blocks ...[]byte) (out []Entry, err error) {
	var d blockDecoder
	for _, b := range blocks {
		d.load(b)
		ok, err := d.next()
		for ; ok; ok, err = d.next() {
			e := d.current
			out = append(out, Entry{append([]byte{}, e.key...), append([]byte{}, e.value...), e.deleted})
		}
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// Index is a decoded index for tests outside.
type Index struct{ x index }

// DecodeIndex decodes raw.
func DecodeIndex(raw []byte, blocks uint32, end int64) (*Index, error) {
	x, err := decodeIndex(raw, blocks, end)
	return &Index{x}, err
}

// Blocks, Span, Separator and Find show the index.
func (i *Index) Blocks() int                 { return i.x.blocks() }
func (i *Index) Span(block int) (_, _ int64) { return i.x.span(block) }
func (i *Index) Separator(block int) []byte  { return i.x.separator(block) }
func (i *Index) Find(key []byte) int         { return i.x.find(key) }

// AppendIndexRecord is the encoder of one index record.
var AppendIndexRecord = appendIndexRecord

// Filter is a Bloom filter for tests outside.
type Filter struct{ b bloom }

// NewFilter returns an empty filter for a number of keys.
func NewFilter(keys uint64) Filter { return Filter{newBloom(keys)} }

// Add and Has hash a key and use the filter.
func (f Filter) Add(key []byte)      { f.b.add(hashKey(key)) }
func (f Filter) Has(key []byte) bool { return f.b.has(hashKey(key)) }

// SetVersion writes another version into the header of a whole file.
func SetVersion(file []byte, version uint32) {
	binary.LittleEndian.PutUint32(file[8:], version)
	binary.LittleEndian.PutUint32(file[12:], checksum(file[:12]))
}

// Forge changes one part of a whole table and makes all checksums right again,
// those in the manifest of that one table too, as a fault in the writer would.
func Forge(table, manifestFile []byte, part string) (newTable, newManifest []byte) {
	at := len(table) - footerLen
	f, err := decodeFooter(table[at:], int64(len(table)))
	if err != nil {
		panic(err)
	}
	table = append([]byte{}, table...)
	switch part {
	case "entries":
		f.entries++
	case "tombstones":
		f.tombstones++
	case "block sum":
		f.blockSum++
	case "filter":
		clear(table[f.filterAt:at])
	case "low separator":
		table[f.filterAt-1]--
	case "high separator":
		table[f.filterAt-1]++
	}
	f.indexSum = checksum(table[f.indexAt:f.filterAt])
	f.filterSum = checksum(table[f.filterAt:at])
	table = append(table[:at], f.encode()...)
	m, err := decodeManifest(manifestFile)
	if err != nil {
		panic(err)
	}
	m.tables[0].footer = footerSum(table[at:])
	return table, m.encode()
}
