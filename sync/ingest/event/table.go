package event

import (
	"errors"
	"fmt"
	"slices"

	"github.com/weirstreams/weir/sync/ingest/pgjson"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/route"
	"github.com/weirstreams/weir/sync/ingest/rowkey"
)

// Table says how the rows of one table become events while the table keeps its
// shape. It belongs to one goroutine at a time: it has buffers of its own.
type Table struct {
	Relation *pgoutput.Relation
	// Type is the State Protocol type of the table's events.
	Type string
	// Key are the indexes of the key's columns, in the order of the key; none if
	// Keyless is set.
	Key []int
	// Keyless says how rows get keys that have none: route.NoKeyAppend or
	// route.NoKeyHash. It is "" for a table with a key.
	Keyless route.NoKey

	name    string // schema and table, for messages
	head    []byte // of each event, up to the key
	columns []column
	stream  *route.Template
	routed  []int // the template's columns
	fixed   string
	alone   bool

	parts  [][]byte
	path   []byte // of the last row's stream
	hasher rowkey.Hasher
}

// column says how the values of one column are written.
type column struct {
	label []byte // the JSON member name with its colon
	typ   *pgjson.Type
}

// Facts are what a Relation does not say of a table.
type Facts struct {
	// Key are the columns of the primary key in its order, nil if there is none
	// or the table is gone.
	Key []string
	// Types describes the columns' types.
	Types pgjson.Catalogue
}

// Config says what tables become, as far as that is for the user to choose.
type Config struct {
	Stream   *route.Template
	Type     *route.TypeTemplate
	Encoding pgjson.Options
	Routes   route.Routes
	// NoKey is what is done with tables that have no key; "" refuses them.
	NoKey route.NoKey
}

// ErrNoKey says that nothing tells the rows of a table apart.
var ErrNoKey = errors.New("the table has no primary key and no replica identity to make keys of")

// ErrNoColumn says that the configuration names a column that changes of a table do
// not have. They may be older than the column.
var ErrNoColumn = errors.New("no such column is published, or was when the row changed: " +
	"publish it, or name another in the routes file or the template, and then POST /sync/resync")

// NewTable works out how the rows of a relation become events.
func NewTable(r *pgoutput.Relation, f Facts, c *Config) (*Table, error) {
	t := &Table{Relation: r, name: r.Schema + "." + r.Name, stream: c.Template(r.Schema, r.Name)}
	types := c.Type
	rt := c.Routes.For(r.Schema, r.Name)
	if rt == nil {
		rt = &route.Route{}
	}
	if rt.Type != nil {
		types = rt.Type
	}
	t.Type = types.Type(r.Schema, r.Name)
	if err := t.setColumns(f.Types, c.Encoding, rt.Encodings); err != nil {
		return nil, err
	}
	if err := t.setKey(rt.Key, f.Key, c.Keyless(r.Schema, r.Name)); err != nil {
		return nil, err
	}
	if err := t.setStream(); err != nil {
		return nil, err
	}
	t.alone = c.Routes.Alone(r.Schema, r.Name, c.Stream)
	head, err := pgjson.AppendString([]byte(`{"type":`), []byte(t.Type))
	t.head = append(head, `,"key":`...)
	return t, err
}

func (t *Table) setColumns(types pgjson.Catalogue, o pgjson.Options, own map[string]route.Encoding) error {
	for _, c := range t.Relation.Columns {
		label, err := pgjson.AppendString(nil, []byte(c.Name))
		if err != nil {
			return fmt.Errorf("column of %s: %w", t.name, err)
		}
		options, err := columnOptions(o, own[c.Name])
		if err != nil {
			return fmt.Errorf("column %s of %s: %w", c.Name, t.name, err)
		}
		t.columns = append(t.columns, column{label: append(label, ':'), typ: pgjson.Build(types, c.Type, options)})
	}
	return nil
}

// columnOptions are the options with one column's own encoding, which stands for
// whatever its type can have.
func columnOptions(o pgjson.Options, own route.Encoding) (pgjson.Options, error) {
	switch own {
	case "":
	case route.EncodeString:
		o = pgjson.Options{Int8String: true, JSONString: true, ByteaHex: o.ByteaHex}
	case route.EncodeNumber:
		o.Int8String, o.NumericNumber = false, true
	case route.EncodeBase64:
		o.ByteaHex = false
	case route.EncodeHex:
		o.ByteaHex = true
	case route.EncodeVerbatim:
		o.JSONString = false
	case route.EncodeObject:
		o.CompositeObject = true
	default:
		return o, fmt.Errorf("no encoding is called %q", own)
	}
	return o, nil
}

// setKey chooses the columns of the key: those of the routes file, else the primary
// key where updates and deletes carry it, else those of the replica identity. Without
// any the policy decides.
func (t *Table) setKey(wanted, primary []string, noKey route.NoKey) error {
	identity := t.Relation.Identity
	switch {
	case len(wanted) > 0:
	case identity == pgoutput.IdentityDefault && t.wasPrimary(primary) || identity == pgoutput.IdentityFull:
		// A key of columns that are not sent is of no use. It may be younger than the
		// change, as they are.
		i := slices.IndexFunc(primary, func(name string) bool { return t.column(name) < 0 })
		switch {
		case i < 0:
			wanted = primary
		case noKey != route.NoKeyAppend && noKey != route.NoKeyHash:
			return fmt.Errorf("key of %s: column %s is not published: %w", t.name, primary[i], ErrNoKey)
		}
	default:
		for i, c := range t.Relation.Columns {
			if c.Key {
				t.Key = append(t.Key, i)
			}
		}
	}
	for _, name := range wanted {
		i := t.column(name)
		if i < 0 {
			return fmt.Errorf("key of %s: column %s: %w", t.name, name, ErrNoColumn)
		}
		t.Key = append(t.Key, i)
	}
	if len(t.Key) == 0 {
		return t.setKeyless(noKey)
	}
	return nil
}

// wasPrimary tells whether a primary key of now was that of the Relation, which marks
// its columns. A change from before another key was made carries the old one alone.
func (t *Table) wasPrimary(primary []string) bool {
	marked := 0
	for _, c := range t.Relation.Columns {
		if !c.Key {
			continue
		}
		if marked++; !slices.Contains(primary, c.Name) {
			return false
		}
	}
	return marked == 0 || marked == len(primary)
}

func (t *Table) setStream() error {
	for _, name := range t.stream.Columns() {
		i := t.column(name)
		if i < 0 {
			return fmt.Errorf("stream template %s of %s: column %s: %w", t.stream, t.name, name, ErrNoColumn)
		}
		t.routed = append(t.routed, i)
	}
	if !t.stream.PerRow() {
		t.path = t.stream.Append(nil, route.Row{Schema: t.Relation.Schema, Table: t.Relation.Name})
		t.fixed = string(t.path)
	}
	t.parts = make([][]byte, max(len(t.routed), len(t.Key)))
	return nil
}

func (t *Table) column(name string) int {
	return slices.IndexFunc(t.Relation.Columns, func(c pgoutput.RelationColumn) bool { return c.Name == name })
}

// Name is the table's schema and name, for messages.
func (t *Table) Name() string { return t.name }

// Fixed is the stream of all rows of the table, or "" if rows have streams of their
// own.
func (t *Table) Fixed() string { return t.fixed }

// AppendKey appends the text of a row's key. The row may be one that has only the
// columns of the replica identity.
func (t *Table) AppendKey(dst []byte, row pgoutput.Tuple) ([]byte, error) {
	return rowkey.Append(dst, t.pick(row, t.Key)...)
}

// Stream returns the name of a row's stream, which is valid until the next call.
func (t *Table) Stream(key []byte, row pgoutput.Tuple) []byte {
	if t.fixed != "" {
		return t.path
	}
	t.path = t.stream.Append(t.path[:0], route.Row{
		Schema: t.Relation.Schema, Table: t.Relation.Name, Key: key, Columns: t.pick(row, t.routed),
	})
	return t.path
}

// pick returns the text of some columns, nil for NULL, valid until the next call.
func (t *Table) pick(row pgoutput.Tuple, columns []int) [][]byte {
	parts := t.parts[:len(columns)]
	for i, c := range columns {
		parts[i] = nil
		if row[c].Kind == pgoutput.Text {
			parts[i] = row[c].Value
		}
	}
	return parts
}

// Alone tells whether no other table has rows in the streams of this one, as far as
// the templates of all tables show.
func (t *Table) Alone() bool { return t.alone }

// Prefix is what the names of all the table's streams begin with.
func (t *Table) Prefix() string { return t.stream.Prefix(t.Relation.Schema, t.Relation.Name) }

// Has tells whether a stream is one that the table's rows may be in, by its name.
func (t *Table) Has(stream string) bool {
	return t.stream.Makes(stream, t.Relation.Schema, t.Relation.Name)
}

// Template is the template of a table's streams.
func (c *Config) Template(schema, table string) *route.Template {
	if rt := c.Routes.For(schema, table); rt != nil && rt.Stream != nil {
		return rt.Stream
	}
	return c.Stream
}
