package pgoutput_test

import (
	"fmt"
	"strings"

	"github.com/weirstreams/weir/sync/ingest/pgoutput"
)

// describe tells of a message whatever is the same in every run: all but LSNs,
// times, xids and oids.
func describe(m pgoutput.Message) string {
	switch m := m.(type) {
	case *pgoutput.Begin:
		return "begin"
	case *pgoutput.Commit:
		return "commit\n"
	case *pgoutput.Origin:
		return fmt.Sprintf("origin %s at %v", m.Name, m.CommitLSN)
	case *pgoutput.Type:
		return fmt.Sprintf("type %s.%s", m.Schema, m.Name)
	case *pgoutput.Relation:
		return describeRelation(m)
	case *pgoutput.Insert:
		return "insert " + m.Relation.Name + describeTuple(m.New)
	case *pgoutput.Update:
		if m.OldKind == pgoutput.OldNone {
			return "update " + m.Relation.Name + describeTuple(m.New)
		}
		return fmt.Sprintf("update %s %c%s to%s", m.Relation.Name, m.OldKind, describeTuple(m.Old), describeTuple(m.New))
	case *pgoutput.Delete:
		return fmt.Sprintf("delete %s %c%s", m.Relation.Name, m.OldKind, describeTuple(m.Old))
	case *pgoutput.Truncate:
		return describeTruncate(m)
	case *pgoutput.Logical:
		return fmt.Sprintf("logical %s %q transactional=%v\n", m.Prefix, m.Content, m.Transactional)
	}
	return fmt.Sprintf("unknown %T", m)
}

func describeRelation(m *pgoutput.Relation) string {
	columns := make([]string, len(m.Columns))
	for i, column := range m.Columns {
		columns[i] = column.Name
		if column.Key {
			columns[i] += "*"
		}
		if column.Modifier != -1 {
			columns[i] += fmt.Sprintf(" modifier=%d", column.Modifier)
		}
	}
	return fmt.Sprintf("relation %s.%s identity=%c (%s)", m.Schema, m.Name, m.Identity, strings.Join(columns, ", "))
}

func describeTruncate(m *pgoutput.Truncate) string {
	names := make([]string, len(m.Relations))
	for i, relation := range m.Relations {
		names[i] = relation.Name
	}
	return fmt.Sprintf("truncate %s cascade=%v restart=%v", strings.Join(names, ", "), m.Cascade, m.RestartIdentity)
}

func describeTuple(tuple pgoutput.Tuple) string {
	const longest = 40
	columns := make([]string, len(tuple))
	for i, column := range tuple {
		switch {
		case column.Kind == pgoutput.Null:
			columns[i] = "null"
		case column.Kind == pgoutput.Unchanged:
			columns[i] = "unchanged"
		case column.Kind == pgoutput.Binary:
			columns[i] = fmt.Sprintf("binary(%d)", len(column.Value))
		case len(column.Value) > longest:
			columns[i] = fmt.Sprintf("text(%d)", len(column.Value))
		default:
			columns[i] = fmt.Sprintf("%q", column.Value)
		}
	}
	return " (" + strings.Join(columns, ", ") + ")"
}
