package checks

import (
	"fmt"
	"strings"
	"time"
)

// limitRetry is how long to wait for somebody to drop a slot or end a sender.
const limitRetry = time.Minute

// walLevel is E101.
func walLevel(f *Facts, _ *Want) []Finding {
	if f.Settings.WALLevel == "logical" {
		return nil
	}
	return []Finding{stop("E101", `Postgres has wal_level=%s; logical decoding needs "logical". `+
		`Run ALTER SYSTEM SET wal_level='logical' and restart Postgres. RDS/Aurora: set rds.logical_replication=1 and reboot. `+
		`Cloud SQL: cloudsql.logical_decoding=on. Azure: wal_level=logical in server parameters. `+
		`Neon: enable logical replication in the project settings.`, f.Settings.WALLevel)}
}

// replicationRole is E102.
func replicationRole(f *Facts, _ *Want) []Finding {
	if f.Role.Replication {
		return nil
	}
	return []Finding{noReplication(f.Role.Name)}
}

func noReplication(role string) Finding {
	return stop("E102", `Role %[1]s may not open a replication connection. Run ALTER ROLE %[1]s WITH REPLICATION `+
		`(RDS/Aurora: GRANT rds_replication TO %[1]s).`, quote(role))
}

// pooler is E104 for a host whose name gives it away; one that only shows when
// it refuses is for Connecting.
func pooler(_ *Facts, w *Want) []Finding {
	if !looksPooled(w.Target.Host) {
		return nil
	}
	return []Finding{pooled(w.Target)}
}

// looksPooled knows the names that Supabase, Neon and RDS give their poolers.
func looksPooled(host string) bool {
	first, rest, _ := strings.Cut(strings.ToLower(host), ".")
	return strings.HasSuffix(rest, "pooler.supabase.com") ||
		strings.HasSuffix(first, "-pooler") ||
		strings.HasPrefix(rest, "proxy-") && strings.HasSuffix(rest, ".rds.amazonaws.com")
}

// pooled fills in the project of Supabase, which its poolers want in the role's
// name ("postgres.project").
func pooled(t Target) Finding {
	project := "<ref>"
	if _, ref, found := strings.Cut(t.Role, "."); found {
		project = ref
	}
	return stop("E104", `%s answers like a connection pooler, which cannot carry replication. `+
		`Use the direct endpoint (Supabase: db.%s.supabase.co:5432, IPv6 unless the IPv4 add-on is active).`,
		t.address(), project)
}

// freeSlots is E105 for slots. One that is there already needs no free place.
func freeSlots(f *Facts, w *Want) []Finding {
	if _, ours := f.slot(w.Slot); ours || len(f.Slots) < f.Settings.MaxSlots {
		return nil
	}
	return []Finding{f.slotLimit()}
}

func (f *Facts) slotLimit() Finding {
	var users []string
	for _, s := range f.Slots {
		users = append(users, fmt.Sprintf("%s (%s, %s behind)", quote(s.Name), s.owner(), size(s.Behind)))
	}
	return allInUse(f.Settings.MaxSlots, users)
}

func (s Slot) owner() string {
	switch {
	case s.ActivePID == 0:
		return "inactive"
	case s.Application == "":
		return fmt.Sprintf("pid %d", s.ActivePID)
	}
	return fmt.Sprintf("pid %d %s", s.ActivePID, quote(s.Application))
}

// freeSenders is E105 for wal senders.
func freeSenders(f *Facts, _ *Want) []Finding {
	if len(f.Senders) < f.Settings.MaxSenders {
		return nil
	}
	return []Finding{f.senderLimit()}
}

func (f *Facts) senderLimit() Finding {
	var users []string
	for _, s := range f.Senders {
		users = append(users, fmt.Sprintf("pid %d %s of role %s (%s behind)",
			s.PID, quote(s.Application), quote(s.Role), size(s.Behind)))
	}
	return allInUse(f.Settings.MaxSenders, users)
}

// allInUse words E105. Without a list nobody could look: the text still says what to do.
func allInUse(limit int, users []string) Finding {
	all, who := fmt.Sprintf("All %d", limit), list(users)
	if len(users) == 0 {
		all, who = "All", "the list needs an ordinary connection"
	}
	return Finding{
		Code: "E105",
		Text: fmt.Sprintf(`%s replication slots (or wal senders) are in use: %s. `+
			`Drop an unused one or raise max_replication_slots / max_wal_senders (restart needed).`, all, who),
		Then:  Retry,
		After: limitRetry,
	}
}
