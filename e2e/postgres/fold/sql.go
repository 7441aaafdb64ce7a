package fold

import (
	"fmt"
	"strings"
)

// jsonOf returns SQL for the text of a column's JSON. Where the specification and
// to_jsonb agree Postgres has the say; the cases are where they do not.
func jsonOf(column, typeName string) string {
	switch typeName {
	case "numeric", "money", "interval", "bit", "bit varying":
		return "to_jsonb(" + column + "::text)::text"
	case "numeric[]":
		return "to_jsonb(" + column + "::text[])::text"
	case "real", "double precision":
		return fmt.Sprintf(`case when %[1]s::text in ('NaN', 'Infinity', '-Infinity')
			then to_jsonb(%[1]s::text)::text else %[1]s::text end`, column)
	case "bytea":
		return "to_jsonb(translate(encode(" + column + `, 'base64'), E'\n', ''))::text`
	case "timestamp with time zone":
		return "replace(to_jsonb(" + column + ")::text, '+00:00', 'Z')"
	case "json", "jsonb":
		return column + "::text"
	}
	return "to_jsonb(" + column + ")::text"
}

// Key joins the texts of key columns. One column stands as it is; of several,
// each is escaped so that the commas between them stand out.
func Key(texts []string) string {
	if len(texts) == 1 {
		return texts[0]
	}
	escaped := make([]string, len(texts))
	for i, text := range texts {
		escaped[i] = escapeKey(text)
	}
	return strings.Join(escaped, ",")
}

func escapeKey(text string) string {
	var out strings.Builder
	for i := range len(text) {
		c := text[i]
		if c == '%' || c == ',' || c == '/' || c < ' ' || c == 0x7f {
			fmt.Fprintf(&out, "%%%02X", c)
			continue
		}
		out.WriteByte(c)
	}
	return out.String()
}
