// Package route decides which tables are read and where their rows go.
//
// Start with [ParsePatterns] for the tables that are wanted, [ParseTemplate]
// for the stream of a row, [ParseTypeTemplate] for the type of its events, and
// [ParseRoutes] for a file with exceptions for single tables. Each of them
// checks everything once; what they return is never changed afterwards and may
// be used from many goroutines.
//
// Every name of a table or a column is written as in SQL: plain names are folded
// to lower case, names in double quotes are taken as they are, and two double
// quotes within them stand for one.
//
// How a value becomes part of a stream's name is fixed, because the names of
// streams that exist already rest on it; see [Template].
package route

import (
	"strings"
)

// Route is what one entry of a routes file says about the tables it matches. A
// field that is left at its zero value leaves the choice to the configuration.
type Route struct {
	// Tables are the tables it is for.
	Tables Pattern
	// Stream is the template of the stream's name, or nil.
	Stream *Template
	// Type is the template of the events' type, or nil.
	Type *TypeTemplate
	// Key are the columns that make the key of a row, in order.
	Key []string
	// Columns are the columns that are sent; none means all.
	Columns []string
	// Where is the SQL condition that rows have to meet.
	Where string
	// Encodings are the encodings of single columns, by the column's name.
	Encodings map[string]Encoding
	// Snapshot is how rows that exist already are read.
	Snapshot Snapshot
	// NoKey is what is done if the tables have no key.
	NoKey NoKey
}

// Encoding is how the values of one column are written in JSON. Which encodings a
// column may have depends on its type, which is not known here.
type Encoding string

// The encodings.
const (
	EncodeString   Encoding = "string"
	EncodeNumber   Encoding = "number"
	EncodeBase64   Encoding = "base64"
	EncodeHex      Encoding = "hex"
	EncodeVerbatim Encoding = "verbatim"
	EncodeObject   Encoding = "object"
)

// Snapshot is a way to read the rows that exist already.
type Snapshot string

// The ways.
const (
	SnapshotAuto        Snapshot = "auto"
	SnapshotConsistent  Snapshot = "consistent"
	SnapshotIncremental Snapshot = "incremental"
	SnapshotNever       Snapshot = "never"
)

// NoKey says what is done with a table whose rows nothing tells apart.
type NoKey string

// The ways. "" is NoKeyRefuse, too.
const (
	NoKeyRefuse NoKey = "refuse"
	// NoKeyAppend takes the table as a log, to which rows are only added.
	NoKeyAppend NoKey = "append"
	// NoKeyHash makes a key of all that is in a row.
	NoKeyHash NoKey = "hash"
)

// Routes are the entries of a routes file, in its order. The zero value has none.
type Routes []Route

// For returns the first route that matches a table, or nil. The names are those
// of the catalogue, without quotes.
func (r Routes) For(schema, table string) *Route {
	for i := range r {
		if r[i].Tables.Match(schema, table) {
			return &r[i]
		}
	}
	return nil
}

// RoutesError lists everything that is wrong with a routes file.
type RoutesError struct {
	// Mistakes are never empty and in the order of the file. Each is one line that
	// names the line of the file: "line 3: ...".
	Mistakes []string
}

// Error returns all mistakes, separated by semicolons.
func (e *RoutesError) Error() string { return strings.Join(e.Mistakes, "; ") }
