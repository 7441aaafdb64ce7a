package pgjson

// Settings are the session settings that Append's input depends on. Every
// connection whose rows are encoded must set all of them, as start-up
// parameters or by SET, or else a default of the database or the role decides.
// The map is the caller's to keep and to add to.
func Settings() map[string]string {
	return map[string]string{
		"client_encoding":    "UTF8",
		"DateStyle":          "ISO, YMD",
		"TimeZone":           "UTC",
		"IntervalStyle":      "iso_8601",
		"bytea_output":       "hex",
		"extra_float_digits": "1", // shortest text that reads back as the same float
		"lc_monetary":        "C",
		"search_path":        "", // regclass and its kin always name the schema
	}
}
