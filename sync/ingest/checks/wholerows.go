package checks

import (
	"slices"
	"strings"
)

// wholeRows is E115 where updates have to carry every value: those that are stored out
// of line and left alone come only with the whole old row, or with a key that has them.
// Leaves are looked at one by one, because a root has no rows and no identity of theirs.
func wholeRows(f *Facts, w *Want) []Finding {
	if !w.WholeRows {
		return nil
	}
	l := newLayout(f)
	var all []Finding
	for i := range f.Tables {
		t := &f.Tables[i]
		carrier := l.carrier(t)
		if t.Identity.Kind == IdentityFull || !t.Identity.usable() || l.perLeaf(t) || !f.sendsOldRows(carrier, w) {
			continue
		}
		sent := carrier.sentColumns()
		var hidden []string
		for _, c := range t.External {
			if slices.Contains(sent, c) && !slices.Contains(t.Identity.Columns, c) {
				hidden = append(hidden, quoteIfNeeded(c))
			}
		}
		if len(hidden) == 0 {
			continue
		}
		all = append(all, stop("E115", `Table %[1]s has columns that can be stored out of line (%[2]s) and REPLICA IDENTITY is not FULL: `+
			`an UPDATE that leaves them alone does not carry them, and DS_SYNC__TOAST=require_full wants every value sent. `+
			`Run ALTER TABLE %[1]s REPLICA IDENTITY FULL, or set DS_SYNC__TOAST=merge.`, t.Name, strings.Join(hidden, ", ")).about(t.Name))
	}
	return all
}
