package pgoutput_test

import (
	"github.com/jackc/pglogrepl"

	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
)

// peer turns what pglogrepl parsed into our messages, field by field. It knows
// the relations it has converted, because pglogrepl only gives their ids.
type peer struct {
	relations map[uint32]*pgoutput.Relation
}

// convert returns nil for a message that version 1 does not have.
func (p peer) convert(m pglogrepl.Message) pgoutput.Message {
	switch m := m.(type) {
	case *pglogrepl.BeginMessage:
		return &pgoutput.Begin{CommitLSN: lsn.LSN(m.FinalLSN), Time: m.CommitTime.UTC(), XID: m.Xid}
	case *pglogrepl.CommitMessage:
		return &pgoutput.Commit{
			CommitLSN: lsn.LSN(m.CommitLSN), EndLSN: lsn.LSN(m.TransactionEndLSN), Time: m.CommitTime.UTC(),
		}
	case *pglogrepl.OriginMessage:
		return &pgoutput.Origin{CommitLSN: lsn.LSN(m.CommitLSN), Name: []byte(m.Name)}
	case *pglogrepl.TypeMessage:
		return &pgoutput.Type{ID: m.DataType, Schema: schemaName(m.Namespace), Name: m.Name}
	case *pglogrepl.RelationMessage:
		return p.relation(m)
	case *pglogrepl.InsertMessage:
		return &pgoutput.Insert{Relation: p.relations[m.RelationID], New: convertTuple(m.Tuple)}
	case *pglogrepl.UpdateMessage:
		return &pgoutput.Update{
			Relation: p.relations[m.RelationID], OldKind: pgoutput.OldKind(m.OldTupleType),
			Old: convertTuple(m.OldTuple), New: convertTuple(m.NewTuple),
		}
	case *pglogrepl.DeleteMessage:
		return &pgoutput.Delete{
			Relation: p.relations[m.RelationID], OldKind: pgoutput.OldKind(m.OldTupleType),
			Old: convertTuple(m.OldTuple),
		}
	case *pglogrepl.TruncateMessage:
		truncate := &pgoutput.Truncate{
			Cascade:         m.Option&pglogrepl.TruncateOptionCascade != 0,
			RestartIdentity: m.Option&pglogrepl.TruncateOptionRestartIdentity != 0,
		}
		for _, id := range m.RelationIDs {
			truncate.Relations = append(truncate.Relations, p.relations[id])
		}
		return truncate
	case *pglogrepl.LogicalDecodingMessage:
		return &pgoutput.Logical{
			Transactional: m.Transactional, LSN: lsn.LSN(m.LSN),
			Prefix: []byte(m.Prefix), Content: m.Content,
		}
	}
	return nil
}

func (p peer) relation(m *pglogrepl.RelationMessage) *pgoutput.Relation {
	relation := &pgoutput.Relation{
		ID: m.RelationID, Schema: schemaName(m.Namespace), Name: m.RelationName,
		Identity: pgoutput.Identity(m.ReplicaIdentity), Columns: []pgoutput.RelationColumn{},
	}
	for _, column := range m.Columns {
		relation.Columns = append(relation.Columns, pgoutput.RelationColumn{
			Name: column.Name, Type: column.DataType, Modifier: column.TypeModifier, Key: column.Flags == 1,
		})
	}
	p.relations[m.RelationID] = relation
	return relation
}

func convertTuple(tuple *pglogrepl.TupleData) pgoutput.Tuple {
	if tuple == nil {
		return nil
	}
	converted := make(pgoutput.Tuple, len(tuple.Columns))
	for i, column := range tuple.Columns {
		converted[i] = pgoutput.Column{Kind: pgoutput.ColumnKind(column.DataType), Value: column.Data}
	}
	return converted
}

func schemaName(name string) string {
	if name == "" {
		return "pg_catalog"
	}
	return name
}
