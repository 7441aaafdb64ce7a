package fold

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// shown is how many differences a report has, and shownBytes how much of a value.
const (
	shown      = 10
	shownBytes = 80
)

// Differences are what a stream and its table do not agree about.
type Differences []string

// Compare tells the differences between the rows of a stream and those of the
// table, ordered by key: rows and columns that one of them lacks, and values that
// are not the same text.
func Compare(stream, table Rows) Differences {
	var found Differences
	for _, key := range union(stream, table) {
		inStream, streamHas := stream[key]
		inTable, tableHas := table[key]
		switch {
		case !streamHas:
			found = append(found, fmt.Sprintf("key %q is missing in the stream", key))
		case !tableHas:
			found = append(found, fmt.Sprintf("key %q is in the stream only", key))
		default:
			found = append(found, compareRow(key, inStream, inTable)...)
		}
	}
	return found
}

func compareRow(key string, stream, table Row) (found Differences) {
	for _, column := range union(stream, table) {
		got, streamHas := stream[column]
		want, tableHas := table[column]
		switch {
		case !streamHas:
			found = append(found, fmt.Sprintf("key %q: column %s is missing in the stream", key, column))
		case !tableHas:
			found = append(found, fmt.Sprintf("key %q: column %s is in the stream only", key, column))
		case got != want:
			found = append(found, fmt.Sprintf("key %q, column %s: got %s, want %s", key, column, brief(got), brief(want)))
		}
	}
	return found
}

func union[V any](a, b map[string]V) []string {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(keys)
	return slices.Compact(keys)
}

// String is the first differences, one in a line, and how many there are.
func (d Differences) String() string {
	if len(d) <= shown {
		return strings.Join(d, "\n")
	}
	return fmt.Sprintf("%s\nand %d more", strings.Join(d[:shown], "\n"), len(d)-shown)
}

func brief(text string) string {
	if len(text) <= shownBytes {
		return text
	}
	return fmt.Sprintf("%s... (%d bytes)", text[:shownBytes], len(text))
}
