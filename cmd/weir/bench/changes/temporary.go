package changes

import (
	"context"

	"github.com/weirstreams/weir/sync/ingest/pgserver"
)

// settings are those of a temporary server that differ from the defaults of Postgres:
// logical decoding, and room for the log so that no checkpoint falls into a measurement.
func settings() map[string]string {
	return map[string]string{"wal_level": "logical", "max_wal_size": "64GB", "checkpoint_timeout": "1d"}
}

// temporary starts a server in a new directory below dir, "" for the system's for
// temporary files.
func temporary(ctx context.Context, dir string) (*pgserver.Server, error) {
	bin, err := pgserver.Programs("initdb", "postgres", "pg_recvlogical")
	if err != nil {
		return nil, err
	}
	return pgserver.Start(ctx, pgserver.Options{Bin: bin, Dir: dir, Settings: settings()})
}
