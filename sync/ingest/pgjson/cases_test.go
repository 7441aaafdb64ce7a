package pgjson_test

import "github.com/weirstreams/weir/sync/ingest/pgjson"

// valueCase is one value on its way from SQL to JSON. The same cases are
// encoded from their text without a server, and read from a real one.
type valueCase struct {
	typ  string // one of the types in types_test.go
	sql  string // the value as an SQL literal, without its quotes
	text string // what Postgres 15 writes under Settings
	want string
	opts pgjson.Options

	// differs says why to_jsonb gives another value; empty where it agrees.
	differs string
}

const (
	asString  = "a string by choice, so that no reader rounds it"
	asBase64  = "base64 is shorter than to_jsonb's hex"
	withZ     = "Z instead of +00:00"
	noT       = "beyond RFC 3339, so the text stays as it is"
	signLost  = "jsonb has no negative zero"
	oidNumber = "a number here, a string there"
	rowText   = "composites are strings unless asked for"
	repeated  = "jsonb drops repeated members"
	notArray  = "its text is no array"
)

var (
	numericNumber   = pgjson.Options{NumericNumber: true}
	int8String      = pgjson.Options{Int8String: true}
	byteaHex        = pgjson.Options{ByteaHex: true}
	jsonString      = pgjson.Options{JSONString: true}
	compositeObject = pgjson.Options{CompositeObject: true}
)

func valueCases() []valueCase {
	var all []valueCase
	all = append(all, numberCases...)
	all = append(all, textCases...)
	all = append(all, timeCases...)
	all = append(all, documentCases...)
	all = append(all, arrayCases...)
	return append(all, compositeCases...)
}
