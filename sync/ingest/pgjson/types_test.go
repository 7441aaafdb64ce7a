package pgjson_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/weirstreams/weir/sync/ingest/pgjson"
)

// typesSQL creates what catalogueOf imitates.
var typesSQL = []string{
	`CREATE EXTENSION hstore`,
	`CREATE EXTENSION citext`,
	`CREATE TYPE mood AS ENUM ('happy', 'so "so"')`,
	`CREATE DOMAIN price AS numeric(10,2)`,
	`CREATE DOMAIN cheap AS price CHECK (VALUE < 10)`,
	`CREATE DOMAIN tags AS text[]`,
	`CREATE TYPE pair AS (n int4, gone int4, "a ""b""" text, tags text[])`,
	`ALTER TYPE pair DROP ATTRIBUTE gone`,
	`CREATE TYPE nest AS (p pair, ps pair[], j jsonb)`,
	`CREATE TYPE lone AS (sole text)`,
	`CREATE TABLE account (id int4, mail citext)`,
}

// Oids of the types that are not built in.
const (
	hstoreOID = 100_000 + iota
	citextOID
	moodOID
	priceOID
	cheapOID
	tagsOID
	pairOID
	pairArrayOID
	nestOID
	loneOID
	accountOID
	vectorOID
	halfvecOID
	customArrayOID
)

// customTypes are the types of typesSQL and, since no server here has it,
// pgvector's.
var customTypes = map[string]uint32{
	"hstore": hstoreOID, "citext": citextOID, "mood": moodOID, "price": priceOID,
	"cheap": cheapOID, "tags": tagsOID, "pair": pairOID, "pair[]": pairArrayOID,
	"nest": nestOID, "lone": loneOID, "account": accountOID,
	"vector": vectorOID, "halfvec": halfvecOID,
}

func customCatalogue() pgjson.Catalogue {
	return pgjson.Catalogue{
		hstoreOID:           {Name: "public.hstore", Local: "hstore", Extension: "hstore"},
		citextOID:           {Name: "public.citext", Local: "citext", Extension: "citext"},
		moodOID:             {Name: "public.mood", Local: "mood"},
		priceOID:            {Name: "public.price", Local: "price", Base: pgtype.NumericOID},
		cheapOID:            {Name: "public.cheap", Local: "cheap", Base: priceOID},
		tagsOID:             {Name: "public.tags", Local: "tags", Base: pgtype.TextArrayOID},
		pgtype.TextArrayOID: {Name: "pg_catalog._text", Local: "_text", Elem: pgtype.TextOID},
		pairArrayOID:        {Name: "public._pair", Local: "_pair", Elem: pairOID},
		vectorOID:           {Name: "public.vector", Local: "vector", Extension: "vector"},
		halfvecOID:          {Name: "public.halfvec", Local: "halfvec", Extension: "vector"},
		pgtype.BoxOID:       {Name: "pg_catalog.box", Local: "box", Delim: ';'},
		pairOID: {Name: "public.pair", Local: "pair", Composite: true, Attributes: []pgjson.Attribute{
			{Name: "n", Type: pgtype.Int4OID}, {Name: `a "b"`, Type: pgtype.TextOID}, {Name: "tags", Type: pgtype.TextArrayOID},
		}},
		nestOID: {Name: "public.nest", Local: "nest", Composite: true, Attributes: []pgjson.Attribute{
			{Name: "p", Type: pairOID}, {Name: "ps", Type: pairArrayOID}, {Name: "j", Type: pgtype.JSONBOID},
		}},
		loneOID: {Name: "public.lone", Local: "lone", Composite: true, Attributes: []pgjson.Attribute{
			{Name: "sole", Type: pgtype.TextOID},
		}},
		accountOID: {Name: "public.account", Local: "account", Composite: true, Attributes: []pgjson.Attribute{
			{Name: "id", Type: pgtype.Int4OID}, {Name: "mail", Type: citextOID},
		}},
	}
}

// buildNamed builds a type as a server with typesSQL would describe it.
func buildNamed(t testing.TB, name string, o pgjson.Options) *pgjson.Type {
	t.Helper()
	catalogue := customCatalogue()
	if oid, ok := customTypes[name]; ok {
		return pgjson.Build(catalogue, oid, o)
	}
	elem, array := strings.CutSuffix(name, "[]")
	if !array {
		return pgjson.Build(catalogue, builtinOID(t, name), o)
	}
	oid, custom := customTypes[elem]
	if !custom {
		oid = builtinOID(t, elem)
	}
	catalogue[customArrayOID] = pgjson.TypeFacts{Name: name, Elem: oid}
	if elem == "box" {
		catalogue[oid] = pgjson.TypeFacts{Name: elem, Delim: ';'}
	}
	return pgjson.Build(catalogue, customArrayOID, o)
}

var builtinTypes = pgtype.NewMap()

// textTypes are built in, but pgx does not know them.
var textTypes = map[string]uint32{
	"money": 790, "bit": pgtype.BitOID, "char": pgtype.BPCharOID, `"char"`: pgtype.QCharOID,
	"regclass": 2205, "timetz": pgtype.TimetzOID, "pg_lsn": 3220, "int2vector": 22, "tsquery": 3615,
}

func builtinOID(t testing.TB, name string) uint32 {
	t.Helper()
	name, _, _ = strings.Cut(name, "(")
	if oid, ok := textTypes[name]; ok {
		return oid
	}
	known, ok := builtinTypes.TypeForName(name)
	if !ok {
		t.Fatalf("no built-in type is called %q", name)
	}
	return known.OID
}
