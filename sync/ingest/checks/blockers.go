package checks

import (
	"fmt"
	"time"
)

// blockedAfter is how long a transaction may be open before it is worth a word,
// and how often that is repeated.
const blockedAfter = 10 * time.Second

// slotBlocked is E119 before there is a slot: creating it would wait. Those whose
// age is hidden are left out, since every busy server has some.
func slotBlocked(f *Facts, w *Want) []Finding {
	if _, found := f.slot(w.Slot); found {
		return nil
	}
	var old []Transaction
	for _, t := range f.Blockers {
		if t.AgeKnown && t.Age >= blockedAfter {
			old = append(old, t)
		}
	}
	if len(old) == 0 {
		return nil
	}
	return []Finding{Waiting(old)}
}

// Waiting is E119 for the transactions that Blockers returned, of which there is
// at least one.
func Waiting(all []Transaction) Finding {
	var items []string
	for _, t := range all {
		items = append(items, t.String())
	}
	return Finding{
		Code: "E119",
		Text: fmt.Sprintf("Waiting for %d older transactions before the slot is consistent: %s.",
			len(all), list(items)),
		Then:  Wait,
		After: blockedAfter,
	}
}

// String names the transaction and says for how long it is open.
func (t Transaction) String() string {
	who := fmt.Sprintf("pid %d %s", t.PID, quote(t.Application))
	if t.PID == 0 {
		who = "prepared transaction " + quote(t.Application)
	}
	if !t.AgeKnown {
		return who + " open for an unknown time"
	}
	return who + " open for " + span(t.Age)
}
