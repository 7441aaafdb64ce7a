package checks_test

import (
	"strings"
	"testing"
)

// TestWholeRows: where every value has to be sent, a table needs FULL if the server can
// store values of it out of line, and only then.
func TestWholeRows(t *testing.T) {
	h := newShop(t, postgres.Server(t))
	h.exec(t,
		`CREATE TABLE small (id int PRIMARY KEY, code varchar(10), at timestamptz)`,
		`CREATE TABLE large (id text PRIMARY KEY, note text, "Doc" jsonb, n int)`,
		`CREATE TABLE whole (id int PRIMARY KEY, note text); ALTER TABLE whole REPLICA IDENTITY FULL`,
		`CREATE TABLE plain (id int PRIMARY KEY, note text); ALTER TABLE plain ALTER note SET STORAGE PLAIN`,
		`CREATE TABLE root (id int PRIMARY KEY, note text) PARTITION BY RANGE (id); CREATE TABLE leaf PARTITION OF root DEFAULT`,
		`GRANT SELECT ON ALL TABLES IN SCHEMA public TO `+h.role,
		`ALTER PUBLICATION "Wéird ""x"", y" ADD TABLE small, large, whole, plain, root`,
	)
	w := h.want()
	same(t, h.look(t, w))
	w.WholeRows = true
	found := h.look(t, w)
	same(t, found, "E115 public.large", "E115 public.leaf")
	if want := `out of line (note, "Doc")`; len(found) > 0 && !strings.Contains(found[0].Text, want) {
		t.Errorf("got %s, want it to name %s", found[0].Text, want)
	}
}
