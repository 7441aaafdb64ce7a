package pgjson_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// compareToJSONB demands that Postgres' own to_jsonb gives the case's value,
// unless the case says why it differs; then it must differ indeed.
func compareToJSONB(t *testing.T, conn *pgx.Conn, id int, c valueCase) {
	t.Helper()
	var text string
	sql := fmt.Sprintf("SELECT to_jsonb(%q)::text FROM public.all_types WHERE id = $1", columnOf(c))
	err := conn.QueryRow(t.Context(), sql, id).Scan(&text)
	agrees := err == nil && sameJSON(t, text, c.want)
	switch {
	case !agrees && c.differs == "":
		t.Errorf("%s %q: to_jsonb gives %s, %v; Append gives %s", c.typ, c.sql, text, err, c.want)
	case agrees && c.differs != "":
		t.Errorf("%s %q: to_jsonb agrees, though the case says: %s", c.typ, c.sql, c.differs)
	}
}

// sameJSON compares values, not spelling: jsonb orders members, writes numbers
// out in full and has spaces of its own.
func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	return canonical(t, []byte(a)) == canonical(t, []byte(b))
}

// canonical spells a value so that equal values give equal text: members in
// order, with repeated ones kept, and numbers as fractions.
func canonical(t *testing.T, text []byte) string {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return canonicalValue(t, d)
}

func canonicalValue(t *testing.T, d *json.Decoder) string {
	t.Helper()
	token, err := d.Token()
	if err != nil {
		t.Fatalf("read JSON: %v", err)
	}
	switch token {
	case json.Delim('['):
		return "[" + strings.Join(canonicalMembers(t, d), ",") + "]"
	case json.Delim('{'):
		flat := canonicalMembers(t, d)
		var members []string
		for pair := range slices.Chunk(flat, 2) {
			members = append(members, pair[0]+":"+pair[1])
		}
		slices.Sort(members)
		return "{" + strings.Join(members, ",") + "}"
	}
	if number, ok := token.(json.Number); ok {
		return canonicalNumber(number.String())
	}
	return fmt.Sprintf("%#v", token)
}

// canonicalMembers reads up to the closing bracket or brace and past it.
func canonicalMembers(t *testing.T, d *json.Decoder) []string {
	t.Helper()
	var members []string
	for d.More() {
		members = append(members, canonicalValue(t, d))
	}
	if _, err := d.Token(); err != nil {
		t.Fatalf("read JSON: %v", err)
	}
	return members
}

// canonicalNumber keeps the sign of zero, which big.Rat drops.
func canonicalNumber(number string) string {
	r, _ := new(big.Rat).SetString(number)
	if r.Sign() == 0 && strings.HasPrefix(number, "-") {
		return "-0"
	}
	return r.RatString()
}
