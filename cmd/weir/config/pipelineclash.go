package config

import (
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weirstreams/weir/sync/ingest/route"
)

// claim is what a pipeline of a file wants for itself.
type claim struct {
	slot         string // "" if it is none
	database     database
	publications []string
	manages      bool // the publications
}

// database tells one database from another, unless it has two addresses. The zero value
// is none.
type database struct {
	host string
	port uint16
	name string
}

// claimOf is the claim of a pipeline, of which what is wrong by itself is left out.
func claimOf(s SyncSource) claim {
	c := claim{manages: s.ManagePublication != "off"}
	if isSlot(s.Slot) {
		c.slot = s.Slot
	}
	if parsed, err := pgconn.ParseConfig(s.URL); err == nil && s.URL != "" {
		c.database = database{parsed.Host, parsed.Port, parsed.Database}
	}
	c.publications, _ = route.ParseNames(s.Publications)
	return c
}

// clashes lists what is wrong between the pipelines of a file. all are what the entries
// come to, in their order.
func clashes(entries []entry, all []Sync) []Problem {
	var problems []Problem
	var claims []claim
	for i, e := range entries {
		c := claimOf(all[i].Source)
		for j, before := range claims {
			if text := c.clash(before, entries[j].line); text != "" {
				problems = append(problems, e.problem(e.line, text))
				break
			}
		}
		claims = append(claims, c)
	}
	return problems
}

// clash is what is wrong between a pipeline and one before it, which is in that line,
// or "".
func (c claim) clash(before claim, line int) string {
	if c.slot != "" && c.slot == before.slot {
		return fmt.Sprintf("slot=%q is also that of line %d: a pipeline is known by its slot, want another", c.slot, line)
	}
	if name := c.contested(before); name != "" {
		return fmt.Sprintf("publication=%s is also that of line %d, in the same database: each would take the other's tables out of it, want another, or publication_manage=off for both",
			quote(name), line)
	}
	return ""
}

// contested is a publication that both read and one of them manages, or "".
func (c claim) contested(before claim) string {
	if !c.manages && !before.manages || c.database == (database{}) || c.database != before.database {
		return ""
	}
	i := slices.IndexFunc(c.publications, func(name string) bool { return slices.Contains(before.publications, name) })
	if i < 0 {
		return ""
	}
	return c.publications[i]
}
