package miniature

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/weirstreams/weir/e2e/postgres/oracle"
)

// valueOf writes a row as a JSON object, for the types that the workload uses.
func valueOf(row oracle.Row) ([]byte, error) {
	var out bytes.Buffer
	for i, column := range row {
		name, err := json.Marshal(column.Name)
		if err != nil {
			return nil, err
		}
		text, err := jsonOf(column)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", column.Name, err)
		}
		out.WriteByte("{,"[min(i, 1)])
		out.Write(name)
		out.WriteByte(':')
		out.Write(text)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

func jsonOf(c oracle.Column) ([]byte, error) {
	switch {
	case c.Unchanged:
		return nil, errors.New("its value was never logged")
	case c.Null:
		return []byte("null"), nil
	}
	switch c.Type {
	case "integer", "bigint", "boolean", "jsonb":
		return []byte(c.Text), nil
	case "text", "numeric":
		return json.Marshal(c.Text)
	case "bytea":
		raw, err := hex.DecodeString(strings.TrimPrefix(c.Text, `\x`))
		if err != nil {
			return nil, err
		}
		return json.Marshal(base64.StdEncoding.EncodeToString(raw))
	case "timestamp with time zone":
		return json.Marshal(strings.NewReplacer(" ", "T", "+00", "Z").Replace(c.Text))
	}
	return nil, fmt.Errorf("got the type %s, which the miniature does not know", c.Type)
}
