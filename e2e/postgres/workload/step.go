package workload

import "fmt"

// Kind says what a step is about.
type Kind string

// The kinds of step.
const (
	Transfer  Kind = "transfer"
	Single    Kind = "single row"
	Toast     Kind = "value out of line"
	KeyChange Kind = "key change"
	Savepoint Kind = "savepoint"
	Bulk      Kind = "many rows"
	Copy      Kind = "copy"
	Truncate  Kind = "truncate"
	Prepared  Kind = "prepared"
)

// Step is one transaction of one session.
type Step struct {
	Session, Number int // the number counts from 0 in each session
	Kind            Kind
	Statements      []Statement
	Rollback        bool
}

// Statement is SQL without parameters, so that a ledger can show it. COPY has
// input as well.
type Statement struct {
	SQL, Input string
}

// gid is the name of the step's prepared transaction.
func (s Step) gid(seed uint64) string {
	return fmt.Sprintf("workload-%d-%d-%d", seed, s.Session, s.Number)
}

func (s *Step) add(format string, args ...any) {
	s.Statements = append(s.Statements, Statement{SQL: fmt.Sprintf(format, args...)})
}
