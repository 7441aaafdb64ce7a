package source

import (
	"maps"
	"slices"
	"strings"
)

// Access says whether a session may write.
type Access int

const (
	// ReadOnly refuses every write: what a reader of catalogues and rows needs.
	ReadOnly Access = iota
	// ReadWrite is for the session that alters publications or emits messages.
	ReadWrite
)

// outputSettings pin how values become text. Without them a default of the
// role or of the database would change the JSON that we make.
// extra_float_digits 1 means "shortest exact" on every supported server.
func outputSettings() map[string]string {
	return map[string]string{
		"client_encoding":             "UTF8",
		"DateStyle":                   "ISO",
		"TimeZone":                    "UTC",
		"IntervalStyle":               "iso_8601",
		"bytea_output":                "hex",
		"extra_float_digits":          "1",
		"lc_monetary":                 "C",
		"search_path":                 "",
		"standard_conforming_strings": "on",
	}
}

// timeoutSettings lift every limit that a database may set as its default.
// The exporter of a snapshot sits idle in a transaction for as long as the
// readers need to import it.
func timeoutSettings() map[string]string {
	return map[string]string{
		"idle_in_transaction_session_timeout": "0",
		"statement_timeout":                   "0",
		"lock_timeout":                        "0",
		"idle_session_timeout":                "0",
	}
}

// accessSettings make row-level security an error instead of missing rows. What we
// write ourselves does not wait for standbys: a heartbeat that did would hang with them.
func accessSettings(a Access) map[string]string {
	if a == ReadOnly {
		return map[string]string{"row_security": "off", "default_transaction_read_only": "on"}
	}
	return map[string]string{"row_security": "off", "synchronous_commit": "local"}
}

// poolerKnows names the settings that a pooler carries from a client's startup
// message to whichever server session it lends. Any other name there makes a
// strict pooler refuse the connection.
var poolerKnows = []string{"client_encoding", "DateStyle", "TimeZone", "standard_conforming_strings"}

// pooledSettings is what may be asked of a pooler when connecting.
func pooledSettings() map[string]string {
	settings := outputSettings()
	maps.DeleteFunc(settings, func(name, _ string) bool { return !slices.Contains(poolerKnows, name) })
	return settings
}

// LocalSettings returns the SET LOCAL statements that give the running
// transaction the settings of a [Target.Direct] session. Behind a pooler
// ([Options.QueryURL]) each transaction starts with them, because the session
// below may be another one every time.
func LocalSettings(a Access) string {
	settings := outputSettings()
	maps.Copy(settings, timeoutSettings())
	maps.Copy(settings, accessSettings(a))
	delete(settings, "default_transaction_read_only")
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		b.WriteString("SET LOCAL " + name + " = " + QuoteLiteral(settings[name]) + "; ")
	}
	if a == ReadOnly {
		b.WriteString("SET TRANSACTION READ ONLY; ")
	}
	return strings.TrimSpace(b.String())
}
