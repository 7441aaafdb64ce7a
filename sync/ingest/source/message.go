package source

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/sync/ingest/lsn"
)

// Emit writes a transactional logical message and returns its position. It
// arrives in the stream between a Begin and a Commit of its own, after
// everything that was committed before. The session must be allowed to write.
func Emit(ctx context.Context, conn *pgx.Conn, prefix string, content []byte) (lsn.LSN, error) {
	if content == nil {
		content = []byte{} // for NULL the server would write nothing
	}
	var text string
	err := conn.QueryRow(ctx,
		"select pg_logical_emit_message(true, $1::text, $2::bytea)::text", prefix, content).Scan(&text)
	if err != nil {
		return 0, fmt.Errorf("emit logical message: %w", err)
	}
	return lsn.Parse(text)
}
