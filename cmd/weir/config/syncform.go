package config

import (
	"reflect"

	"github.com/weirstreams/weir/sync/ingest/route"
)

// syncFormOf returns the rule of a named form of the section Sync.
func syncFormOf(name string) (r rule, ok bool) {
	switch name {
	case "dsn":
		return textRule(isDSN, "postgres://user:password@host:port/database with odd bytes percent-encoded, or host=... user=... dbname=..."), true
	case "command":
		return textRule(isPrintable, "a command line without control characters"), true
	case "slot":
		return textRule(isSlot, "at most 63 lower-case letters, digits and _"), true
	case "names":
		return parsedRule(route.ParseNames, `names separated by commas, those with capitals or odd characters in double quotes: ds_sync,"Other One"`), true
	case "tables":
		return parsedRule(route.ParsePatterns, `a list such as public.*,!public.audit_*,"Sales"."Order Lines"`), true
	case "template":
		return parsedRule(route.ParseTemplate, "a name such as pg/{schema}/{table} or users/{column:user_id}/orders"), true
	case "typetemplate":
		return parsedRule(route.ParseTypeTemplate, "a text such as {table} or {schema}.{table}"), true
	case "walbudget":
		return rule{
			want:  "a share from 1% to 100%, or a size of at least 1B",
			holds: func(reflect.Value) bool { return true }, // whatever parses
		}, true
	default:
		return rule{}, false
	}
}

// parsedRule accepts a text that parse takes. Its errors have to be one line.
func parsedRule[T any](parse func(string) (T, error), want string) rule {
	why := func(text string) error {
		_, err := parse(text)
		return err
	}
	return rule{
		want:  want,
		holds: func(v reflect.Value) bool { return why(v.String()) == nil },
		why:   why,
	}
}

func isSlot(s string) bool {
	const longest = 63
	if len(s) > longest {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}
