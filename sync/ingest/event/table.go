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
	// Key are the indexes of the key's columns, in the order of the key.
	Key []int

	name    string // schema and table, for messages
	head    []byte // of each event, up to the key
	columns []column
	stream  *route.Template
	routed  []int // the template's columns
	fixed   string

	parts [][]byte
	path  []byte
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
}

// ErrNoKey says that nothing tells the rows of a table apart.
var ErrNoKey = errors.New("the table has no primary key and no replica identity to make keys of")

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
	if err := t.setKey(rt.Key, f.Key); err != nil {
		return nil, err
	}
	if err := t.setStream(); err != nil {
		return nil, err
	}
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
// key where updates and deletes carry it, else those of the replica identity.
func (t *Table) setKey(wanted, primary []string) error {
	identity := t.Relation.Identity
	switch {
	case len(wanted) > 0:
	case len(primary) > 0 && (identity == pgoutput.IdentityDefault || identity == pgoutput.IdentityFull):
		wanted = primary
	case identity != pgoutput.IdentityFull:
		for i, c := range t.Relation.Columns {
			if c.Key {
				t.Key = append(t.Key, i)
			}
		}
	}
	for _, name := range wanted {
		i := t.column(name)
		if i < 0 {
			return fmt.Errorf("key of %s: column %s is not published", t.name, name)
		}
		t.Key = append(t.Key, i)
	}
	if len(t.Key) == 0 {
		return fmt.Errorf("key of %s: %w", t.name, ErrNoKey)
	}
	return nil
}

func (t *Table) setStream() error {
	for _, name := range t.stream.Columns() {
		i := t.column(name)
		if i < 0 {
			return fmt.Errorf("stream template %s: %s has no published column %s", t.stream, t.name, name)
		}
		t.routed = append(t.routed, i)
	}
	if !t.stream.PerRow() {
		t.fixed = string(t.stream.Append(nil, route.Row{Schema: t.Relation.Schema, Table: t.Relation.Name}))
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
// the template shows: it names the schema and the table.
func (t *Table) Alone() bool { return t.stream.PerTable() }

// Prefix is what the names of all the table's streams begin with.
func (t *Table) Prefix() string { return t.stream.Prefix(t.Relation.Schema, t.Relation.Name) }

// Template is the template of a table's streams.
func (c *Config) Template(schema, table string) *route.Template {
	if rt := c.Routes.For(schema, table); rt != nil && rt.Stream != nil {
		return rt.Stream
	}
	return c.Stream
}
