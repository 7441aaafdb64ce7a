package checks

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// warnings are W1 to W10, which stop nothing.
func warnings(f *Facts, w *Want) []Finding {
	var all []Finding
	for _, check := range []func(*Facts, *Want) []Finding{
		slotKeep, senderTimeout, decodingMemory, plainText, idleSlots, ownSchema, severalInstances, syncStandby, shortLived,
	} {
		all = append(all, check(f, w)...)
	}
	return all
}

// slotKeep is W1 and W2: either nothing bounds what a forgotten slot retains, or
// the bound is reached too soon for somebody to wake up.
func slotKeep(f *Facts, _ *Want) []Finding {
	keep := f.Settings.SlotKeepBytes
	if keep < 0 {
		return []Finding{warn("W1", `max_slot_wal_keep_size is not set: a slot that nobody reads keeps log until the disk of Postgres is full. `+
			`Set it to what the disk can spare.`)}
	}
	hour := int64(f.Server.WALRate * time.Hour.Seconds())
	if keep >= hour {
		return nil
	}
	return []Finding{warn("W2", `max_slot_wal_keep_size is %s, and this server writes about %s of log in an hour: `+
		`a longer pause of the ingester loses the slot. Raise it.`, size(keep), size(hour))}
}

// senderTimeout is W3.
func senderTimeout(f *Facts, _ *Want) []Finding {
	timeout := f.Settings.SenderTimeout
	if timeout == 0 || timeout >= 5*time.Second {
		return nil
	}
	return []Finding{warn("W3", `wal_sender_timeout is %s: a short stall of the network ends the connection. Set it to 5 s or more.`,
		span(timeout))}
}

// manySpills is how often the decoding memory went to disk before that is worth
// a word: single large transactions always do.
const manySpills = 10

// decodingMemory is W4.
func decodingMemory(f *Facts, w *Want) []Finding {
	s, found := f.slot(w.Slot)
	if !found || s.SpillCount < manySpills {
		return nil
	}
	return []Finding{warn("W4", `logical_decoding_work_mem is %s, and slot %s spilled transactions to disk %d times (%s in all). `+
		`Raise it to make them faster.`, size(f.Settings.DecodingMemory), quote(s.Name), s.SpillCount, size(s.SpillBytes))}
}

// plainText is W5.
func plainText(_ *Facts, w *Want) []Finding {
	t := w.Target
	if t.SSLMode == "verify-full" || !slices.ContainsFunc(t.Resolved, public) {
		return nil
	}
	return []Finding{warn("W5", `%s is a public address, and sslmode=%s does not prove who answers there. `+
		`Use sslmode=verify-full with the provider's certificate.`, t.address(), t.SSLMode)}
}

func public(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsGlobalUnicast() && !a.IsPrivate() && !sharedSpace.Contains(a)
}

// sharedSpace is used inside providers' networks (RFC 6598).
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

// idleSlots is W6.
func idleSlots(f *Facts, _ *Want) []Finding {
	timeout := f.Settings.IdleSlotTimeout
	if timeout == 0 || timeout >= time.Hour {
		return nil
	}
	return []Finding{warn("W6", `idle_replication_slot_timeout is %s: a longer pause of the ingester loses the slot. `+
		`Set it to an hour or more.`, span(timeout))}
}

// severalInstances is W8. One address of each family is the same instance.
func severalInstances(_ *Facts, w *Want) []Finding {
	var four, six int
	for _, a := range w.Target.Resolved {
		if a.Unmap().Is4() {
			four++
		} else {
			six++
		}
	}
	if four < 2 && six < 2 {
		return nil
	}
	return []Finding{warn("W8", `%s resolves to %d addresses: slots and exported snapshots belong to one instance. `+
		`Use the name of the primary.`, w.Target.Host, four+six)}
}

// syncStandby is W9 (I-15).
func syncStandby(f *Facts, w *Want) []Finding {
	names := strings.FieldsFunc(f.Settings.SyncStandbys, func(r rune) bool { return strings.ContainsRune(" ,()", r) })
	ours := slices.ContainsFunc(names, func(n string) bool {
		return n == "*" || strings.EqualFold(strings.Trim(n, `"`), w.Application)
	})
	if !ours || w.Application == "" {
		return nil
	}
	return []Finding{warn("W9", `synchronous_standby_names (%s) matches this ingester's application name %s: `+
		`commits would wait until streams are durable. Name the standbys one by one.`, f.Settings.SyncStandbys, w.Application)}
}

// shortLived is W10 (I-97).
func shortLived(f *Facts, w *Want) []Finding {
	if !w.Temporary {
		return nil
	}
	if w.NoCopies {
		return []Finding{warn("W10", `Slot %s is temporary, and DS_SYNC__SNAPSHOT=never copies nothing: whenever its connection ends, even for a moment, `+
			`the streams lack what is committed until the next one. Use DS_SYNC__SLOT_MODE=persistent with storage on disk.`, quote(w.Slot))}
	}
	tables, bytes := f.toCopy()
	return []Finding{warn("W10", `Slot %s is temporary: whenever its connection ends, even for a moment, the streams are emptied by a reset `+
		`and %s copied anew, about %s. Storage on disk with DS_SYNC__SLOT_MODE=persistent goes on where it was.`,
		quote(w.Slot), count(tables, "table is", "tables are"), size(bytes))}
}
