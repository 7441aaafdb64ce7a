package workload

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// do runs a whole step on the session's connection.
func (s *session) do(ctx context.Context, step Step) error {
	if err := s.exec(ctx, Statement{SQL: "begin"}); err != nil {
		return err
	}
	for _, statement := range step.Statements {
		if err := s.exec(ctx, statement); err != nil {
			return err
		}
	}
	end := "commit"
	if step.Rollback {
		end = "rollback"
	}
	if step.Kind != Prepared {
		return s.exec(ctx, Statement{SQL: end})
	}
	return s.inTwoPhases(ctx, step.gid(s.ledger.Options.Seed), end)
}

func (s *session) inTwoPhases(ctx context.Context, gid, end string) error {
	s.pending = gid
	if err := s.exec(ctx, Statement{SQL: "prepare transaction '" + gid + "'"}); err != nil {
		return err
	}
	if err := s.exec(ctx, Statement{SQL: end + " prepared '" + gid + "'"}); err != nil {
		return err
	}
	s.pending = ""
	return nil
}

func (s *session) exec(ctx context.Context, statement Statement) (err error) {
	if statement.Input == "" {
		_, err = s.conn.Exec(ctx, statement.SQL).ReadAll()
	} else {
		_, err = s.conn.CopyFrom(ctx, strings.NewReader(statement.Input), statement.SQL)
	}
	if err != nil {
		return fmt.Errorf("%.200s: %w", statement.SQL, err)
	}
	return nil
}

func sqlState(err error) string {
	var failure *pgconn.PgError
	if errors.As(err, &failure) {
		return failure.Code
	}
	return ""
}
