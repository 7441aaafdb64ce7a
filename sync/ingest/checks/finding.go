package checks

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Then is what the ingester does about a finding.
type Then int

const (
	Stop       Then = iota // end; only a person can help
	Retry                  // try again, after Finding.After or by the usual backoff
	Wait                   // go on waiting; the finding is repeated every Finding.After
	PerSetting             // stop or resync, as DS_SYNC__SLOT_LOST says
	Warn                   // log and go on
)

// String returns the word that logs and the status use.
func (t Then) String() string {
	switch t {
	case Stop:
		return "stop"
	case Retry:
		return "retry"
	case Wait:
		return "wait"
	case PerSetting:
		return "per setting"
	case Warn:
		return "warn"
	}
	return fmt.Sprintf("Then(%d)", int(t))
}

// Finding is one thing that is wrong, or soon will be.
type Finding struct {
	Code  string // E101 to E120, E100 for another refused connection, W1 to W10
	Table string // quoted as SQL needs it; "" when it is about no single table
	Text  string
	Then  Then
	After time.Duration // for Retry and Wait; 0: the usual backoff
	// Keyless says that nothing tells the table's rows apart as it is now.
	Keyless bool
}

// sorted puts findings in the order of their code and table.
func sorted(all []Finding) []Finding {
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Table, b.Table), cmp.Compare(a.Text, b.Text))
	})
	return all
}

func stop(code, format string, args ...any) Finding {
	return Finding{Code: code, Text: fmt.Sprintf(format, args...), Then: Stop}
}

func warn(code, format string, args ...any) Finding {
	return Finding{Code: code, Text: fmt.Sprintf(format, args...), Then: Warn}
}

func perSetting(code, format string, args ...any) Finding {
	return Finding{Code: code, Text: fmt.Sprintf(format, args...), Then: PerSetting}
}

// about names the table that a finding is about.
func (f Finding) about(n Name) Finding {
	f.Table = n.String()
	return f
}

// keyless says that nothing tells the rows of that table apart.
func (f Finding) keyless() Finding {
	f.Keyless = true
	return f
}
