package source

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weirstreams/weir/sync/ingest/lsn"
)

// System is which database answered. A copy of a server has the same ID; one
// that was promoted has another Timeline.
type System struct {
	ID       string
	Timeline int32
	Tail     lsn.LSN // end of the log that is flushed
	Database string
	Version  int // server_version_num: 150018 is 15.18
}

// Identify asks a replication connection where it ended up.
func Identify(ctx context.Context, conn *pgconn.PgConn) (System, error) {
	got, err := pglogrepl.IdentifySystem(ctx, conn)
	if err != nil {
		return System{}, fmt.Errorf("identify system: %w", err)
	}
	text, err := oneValue(ctx, conn, "SHOW server_version_num")
	if err != nil {
		return System{}, fmt.Errorf("read server version: %w", err)
	}
	version, err := strconv.Atoi(text)
	if err != nil {
		return System{}, fmt.Errorf("read server version: %w", err)
	}
	return System{
		ID:       got.SystemID,
		Timeline: got.Timeline,
		Tail:     lsn.LSN(got.XLogPos),
		Database: got.DBName,
		Version:  version,
	}, nil
}

// Switch is the end of a timeline: the next one begins at At.
type Switch struct {
	Timeline int32
	At       lsn.LSN
}

// TimelineHistory returns how the server came to a timeline, oldest first. The
// first timeline has no history.
func TimelineHistory(ctx context.Context, conn *pgconn.PgConn, timeline int32) ([]Switch, error) {
	if timeline <= 1 {
		return nil, nil
	}
	got, err := pglogrepl.TimelineHistory(ctx, conn, timeline)
	if err != nil {
		return nil, fmt.Errorf("read history of timeline %d: %w", timeline, err)
	}
	history, err := parseHistory(got.Content)
	if err != nil {
		return nil, fmt.Errorf("read history of timeline %d: %w", timeline, err)
	}
	return history, nil
}

// parseHistory reads a history file: a timeline, a position and a reason on
// each line, separated by blanks; comments begin with a number sign.
func parseHistory(content []byte) ([]Switch, error) {
	var history []Switch
	lines := bufio.NewScanner(bytes.NewReader(content))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) < 2 {
			return nil, fmt.Errorf("line %q: no position", lines.Text())
		}
		timeline, err := strconv.ParseInt(fields[0], 10, 32)
		if err != nil {
			return nil, fmt.Errorf("line %q: %w", lines.Text(), err)
		}
		at, err := lsn.Parse(fields[1])
		if err != nil {
			return nil, fmt.Errorf("line %q: %w", lines.Text(), err)
		}
		history = append(history, Switch{Timeline: int32(timeline), At: at})
	}
	return history, lines.Err()
}

// oneValue runs a statement in the simple protocol, the only one a walsender
// knows, and returns the first column of its only row.
func oneValue(ctx context.Context, conn *pgconn.PgConn, sql string) (string, error) {
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		return "", err
	}
	if len(results) != 1 || len(results[0].Rows) != 1 || len(results[0].Rows[0]) == 0 {
		return "", errors.New("want one row with one value")
	}
	return string(results[0].Rows[0][0]), nil
}
