package pgjson

import (
	"fmt"

	"github.com/jackc/pgx/v5/pgtype"
)

// Build makes the Type of a column from its type's oid. It never fails: a type
// that the catalogue does not explain is encoded as a string.
func Build(c Catalogue, oid uint32, o Options) *Type {
	b := builder{catalogue: c, options: o, types: map[uint32]*Type{}}
	return b.build(oid)
}

// builder remembers the types it made: one that is used in many places is built
// once, and a catalogue with a cycle, which Postgres forbids, ends as a string.
type builder struct {
	catalogue Catalogue
	options   Options
	types     map[uint32]*Type // nil while a type is being built
}

func (b *builder) build(oid uint32) *Type {
	t, begun := b.types[oid]
	switch {
	case t != nil:
		return t
	case begun:
		return &Type{name: b.name(oid)}
	}
	b.types[oid] = nil
	t = b.decide(oid)
	b.types[oid] = t
	return t
}

// decide goes by oid for built-in types, which are fixed for ever, and by
// facts for all others.
func (b *builder) decide(oid uint32) *Type {
	t := &Type{name: b.name(oid), kind: b.builtin(oid)}
	if t.kind != kindText {
		return t
	}
	facts, known := b.catalogue[oid]
	switch {
	case !known:
		return t
	case facts.Base != 0:
		return b.build(facts.Base)
	case facts.Elem != 0:
		b.makeArray(t, facts.Elem)
	case facts.Composite && b.options.CompositeObject:
		b.makeComposite(t, facts.Attributes)
	default:
		t.kind = extensionKind(facts)
	}
	return t
}

func (b *builder) makeArray(t *Type, elem uint32) {
	t.kind = kindArray
	t.elem = b.build(elem)
	t.delim = b.catalogue[elem].Delim
	if t.delim == 0 {
		t.delim = ','
	}
}

// makeComposite leaves t a string when a name cannot be a JSON member.
func (b *builder) makeComposite(t *Type, attributes []Attribute) {
	attrs := make([]attribute, 0, len(attributes))
	for _, a := range attributes {
		label, err := AppendString(nil, []byte(a.Name))
		if err != nil {
			return
		}
		attrs = append(attrs, attribute{label: append(label, ':'), typ: b.build(a.Type)})
	}
	t.kind = kindComposite
	t.attrs = attrs
}

func (b *builder) name(oid uint32) string {
	if facts, known := b.catalogue[oid]; known {
		return facts.Name
	}
	return fmt.Sprintf("type %d", oid)
}

// builtin is kindText for every oid that needs no encoding of its own.
func (b *builder) builtin(oid uint32) kind {
	switch oid {
	case pgtype.BoolOID:
		return kindBool
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.OIDOID, pgtype.Float4OID, pgtype.Float8OID:
		return kindNumber
	case pgtype.Int8OID:
		return choose(b.options.Int8String, kindText, kindNumber)
	case pgtype.NumericOID:
		return choose(b.options.NumericNumber, kindNumber, kindText)
	case pgtype.ByteaOID:
		return choose(b.options.ByteaHex, kindByteaHex, kindBytea)
	case pgtype.JSONOID, pgtype.JSONBOID:
		return choose(b.options.JSONString, kindText, kindJSON)
	case pgtype.DateOID:
		return kindDate
	case pgtype.TimestampOID:
		return kindTimestamp
	case pgtype.TimestamptzOID:
		return kindTimestampTZ
	case pgtype.IntervalOID:
		return kindInterval
	default:
		return kindText
	}
}

// extensionKind knows the types of extensions. Their oids differ between
// databases and their schema is the user's choice, so the owner and the name
// have to do.
func extensionKind(f TypeFacts) kind {
	switch {
	case f.Extension == "hstore" && f.Local == "hstore":
		return kindHstore
	case f.Extension == "vector" && (f.Local == "vector" || f.Local == "halfvec"):
		return kindVector
	default:
		return kindText
	}
}

func choose(on bool, yes, no kind) kind {
	if on {
		return yes
	}
	return no
}
