// Package pgouttest writes the messages of a replication session, for tests that have
// no server to send them.
package pgouttest

import (
	"encoding/binary"

	"github.com/weirstreams/weir/sync/ingest/pgoutput"
)

// Encode writes the message that m was decoded from, or would be. The layout of a
// message is unique, so whatever decodes must come back byte for byte.
func Encode(m pgoutput.Message) []byte {
	switch m := m.(type) {
	case *pgoutput.Begin:
		b := appendLSN([]byte("B"), uint64(m.CommitLSN))
		b = appendTime(b, m.Time.UnixMicro())
		return binary.BigEndian.AppendUint32(b, m.XID)
	case *pgoutput.Commit:
		b := appendLSN([]byte("C\x00"), uint64(m.CommitLSN))
		b = appendLSN(b, uint64(m.EndLSN))
		return appendTime(b, m.Time.UnixMicro())
	case *pgoutput.Origin:
		return appendText(appendLSN([]byte("O"), uint64(m.CommitLSN)), string(m.Name))
	case *pgoutput.Relation:
		return encodeRelation(m)
	case *pgoutput.Type:
		b := binary.BigEndian.AppendUint32([]byte("Y"), m.ID)
		return appendText(appendSchema(b, m.Schema), m.Name)
	case *pgoutput.Insert:
		b := binary.BigEndian.AppendUint32([]byte("I"), m.Relation.ID)
		return appendTuple(append(b, 'N'), m.New)
	case *pgoutput.Update:
		b := binary.BigEndian.AppendUint32([]byte("U"), m.Relation.ID)
		if m.OldKind != pgoutput.OldNone {
			b = appendTuple(append(b, byte(m.OldKind)), m.Old)
		}
		return appendTuple(append(b, 'N'), m.New)
	case *pgoutput.Delete:
		b := binary.BigEndian.AppendUint32([]byte("D"), m.Relation.ID)
		return appendTuple(append(b, byte(m.OldKind)), m.Old)
	case *pgoutput.Truncate:
		b := binary.BigEndian.AppendUint32([]byte("T"), uint32(len(m.Relations)))
		b = append(b, bit(m.Cascade)|bit(m.RestartIdentity)<<1)
		for _, relation := range m.Relations {
			b = binary.BigEndian.AppendUint32(b, relation.ID)
		}
		return b
	case *pgoutput.Logical:
		b := appendLSN(append([]byte("M"), bit(m.Transactional)), uint64(m.LSN))
		b = appendText(b, string(m.Prefix))
		b = binary.BigEndian.AppendUint32(b, uint32(len(m.Content)))
		return append(b, m.Content...)
	}
	return nil
}

func encodeRelation(m *pgoutput.Relation) []byte {
	b := binary.BigEndian.AppendUint32([]byte("R"), m.ID)
	b = appendText(appendSchema(b, m.Schema), m.Name)
	b = append(b, byte(m.Identity))
	b = binary.BigEndian.AppendUint16(b, uint16(len(m.Columns)))
	for _, column := range m.Columns {
		b = appendText(append(b, bit(column.Key)), column.Name)
		b = binary.BigEndian.AppendUint32(b, column.Type)
		b = binary.BigEndian.AppendUint32(b, uint32(column.Modifier))
	}
	return b
}

func appendTuple(b []byte, tuple pgoutput.Tuple) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(len(tuple)))
	for _, column := range tuple {
		b = append(b, byte(column.Kind))
		if column.Kind == pgoutput.Text || column.Kind == pgoutput.Binary {
			b = binary.BigEndian.AppendUint32(b, uint32(len(column.Value)))
			b = append(b, column.Value...)
		}
	}
	return b
}

func appendLSN(b []byte, l uint64) []byte {
	return binary.BigEndian.AppendUint64(b, l)
}

func appendTime(b []byte, unixMicro int64) []byte {
	const yearTwoThousand = 946_684_800_000_000
	return binary.BigEndian.AppendUint64(b, uint64(unixMicro-yearTwoThousand))
}

func appendText(b []byte, text string) []byte {
	return append(append(b, text...), 0)
}

func appendSchema(b []byte, schema string) []byte {
	if schema == "pg_catalog" {
		schema = ""
	}
	return appendText(b, schema)
}

func bit(set bool) byte {
	if set {
		return 1
	}
	return 0
}
