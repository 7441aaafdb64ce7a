package earlier_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/earlier"
)

func TestScan(t *testing.T) {
	const key = `"type":"t","key":"k"`
	for _, c := range []struct {
		message string
		want    earlier.Operation
	}{
		{insert("t", "k", "v"), earlier.Insert},
		{put("update", "t", "k", `"},{[\`), earlier.Update},
		{remove("t", "k"), earlier.Delete},
		{control("reset"), earlier.Reset},
		{control("snapshot-start"), earlier.None},
		{` { "headers" : { "x":1, "operation" : "insert" } , "key":"k","type" :"t" } `, earlier.Insert},
		{`{"t\u0079pe":"t","\u006bey":"\u006b","headers":{"\u006fperation":"in\u0073ert"}}`, earlier.Insert},
		{`{"type":"no","type":"t","key":1,"key":"k","headers":null,"headers":{"operation":"delete"}}`, earlier.Delete},
		{`{` + key + `,"old_value":{"a":[{}]},"headers":{"operation":"insert","operation":"update"}}`, earlier.Update},
		{`{` + key + `,"headers":{"operation":"insert","control":"snapshot-end"}}`, earlier.None},
		{`{` + key + `,"headers":{"operation":"insert"},"headers":7}`, earlier.None},
		{`{` + key + `,"headers":{"operation":"upsert"}}`, earlier.None},
		{`{` + key + `,"headers":{"operation":{}}}`, earlier.None},
		{`{` + key + `,"value":{"headers":{"operation":"insert"}}}`, earlier.None},
		{`{"type":"t","key":null,"headers":{"operation":"insert"}}`, earlier.None},
		{`{}`, earlier.None}, {`[]`, earlier.None}, {`"{,"`, earlier.None}, {`-1.5e3`, earlier.None}, {`null`, earlier.None},
	} {
		data := "7," + c.message + "," + insert("after", "it", "") + ",[1"
		var got []earlier.Event
		n, err := earlier.Scan([]byte(data), func(_ int, e earlier.Event) { got = append(got, e) })
		if err != nil || n != len(data)-2 || len(got) != 3 {
			t.Errorf("%s: got %d bytes, %d events and error %v, want %d and 3", c.message, n, len(got), err, len(data)-2)
			continue
		}
		e := got[1]
		if e.Operation != c.want || string(e.Message) != strings.TrimSpace(c.message) {
			t.Errorf("%s: got operation %d and message %s, want operation %d", c.message, e.Operation, e.Message, c.want)
		}
		if has := string(e.Type) == "t" && string(e.Key) == "k"; has != (c.want >= earlier.Insert && c.want <= earlier.Delete) {
			t.Errorf("%s: got type %q and key %q", c.message, e.Type, e.Key)
		}
		if string(got[2].Type) != "after" {
			t.Errorf("%s: the event behind it got the type %q", c.message, got[2].Type)
		}
	}
}

func TestScanOfDamage(t *testing.T) {
	for _, data := range []string{",", "  ,", "{}},", "],", `{"a":1},,`} {
		if _, err := earlier.Scan([]byte(data), func(int, earlier.Event) {}); !errors.Is(err, earlier.ErrDamaged) {
			t.Errorf("%s: got error %v, want ErrDamaged", data, err)
		}
	}
	for _, data := range []string{"", " ", "1", "{}", `"\",`, `{"a":"`, `{"a`, "{", `{"a":{},`} {
		if n, err := earlier.Scan([]byte(data), func(int, earlier.Event) {}); n != 0 || err != nil {
			t.Errorf("%s: got %d bytes and error %v, want a message that is not whole", data, n, err)
		}
	}
}

func TestMember(t *testing.T) {
	const event = `{"v":{"a":0},"value":{"a":1,"b":{"a":2},"q\"":"x,}","\u0063":[null],"a":"last"},"old_value":{"d":4},"e":5}`
	for column, want := range map[string]string{"a": `"last"`, "b": `{"a":2}`, `q"`: `"x,}"`, "c": "[null]", "d": "", "e": ""} {
		got, ok := earlier.Member([]byte(event), column)
		if string(got) != want || ok != (want != "") {
			t.Errorf("%s: got %s, %t, want %s", column, got, ok, want)
		}
	}
	for _, event := range []string{"", "7", `{"value":7}`, `{"value":{"a"`, `{"value":null}`, `[`} {
		if got, ok := earlier.Member([]byte(event), "a"); ok {
			t.Errorf("%s: got %s, want nothing", event, got)
		}
	}
}

// understand is what Scan and Member say of a message, in the words of encoding/json.
func understand(message []byte) (op earlier.Operation, typ, key string, value map[string]json.RawMessage) {
	var m, headers map[string]json.RawMessage
	if json.Unmarshal(message, &m) != nil {
		return earlier.None, "", "", nil
	}
	_ = json.Unmarshal(m["value"], &value)
	_ = json.Unmarshal(m["headers"], &headers)
	if control, ok := headers["control"]; ok {
		if s, _ := str(control); s == "reset" {
			return earlier.Reset, "", "", value
		}
		return earlier.None, "", "", value
	}
	typ, isText := str(m["type"])
	key, isKey := str(m["key"])
	word, _ := str(headers["operation"])
	op = map[string]earlier.Operation{"insert": earlier.Insert, "update": earlier.Update, "delete": earlier.Delete}[word]
	if !isText || !isKey || op == earlier.None {
		return earlier.None, "", "", value
	}
	return op, typ, key, value
}

func str(raw json.RawMessage) (s string, ok bool) {
	return s, len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &s) == nil
}

func FuzzScan(f *testing.F) {
	for _, seed := range []string{
		insert("t", "k", "v"), remove("t", "ü"), control("reset"), control("x"), `"\\"`, `1`, `[[{}],"]"]`, "{", `{"a"}`,
		`{"type":"t","key":"\ud800","value":{"a":1,"a":2,"\u0062":{}},"headers":{"operation":"\u0075pdate"}}`,
		"{\"type\":\"\xff\",\"key\":\"k\", \"headers\":{\"operation\":\"delete\"} } \n", `{"headers":{"control":null,"operation":"insert"}}`,
		`{"value":{"a":1},"value":{"b":2}}`, `{},{}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		var got []earlier.Event
		n, err := earlier.Scan(append(bytes.Clone(message), ','), func(_ int, e earlier.Event) { got = append(got, e) })
		value, _ := earlier.Member(message, "a")
		if !json.Valid(message) {
			return
		}
		if err != nil || n != len(message)+1 || len(got) != 1 {
			t.Fatalf("got %d bytes, %d events and error %v, want %d bytes and 1 event", n, len(got), err, len(message)+1)
		}
		op, typ, key, members := understand(message)
		e := got[0]
		if e.Operation != op || string(e.Type) != typ || string(e.Key) != key {
			t.Errorf("got %d %q %q, want %d %q %q", e.Operation, e.Type, e.Key, op, typ, key)
		}
		if string(e.Message) != strings.Trim(string(message), " \t\r\n") {
			t.Errorf("got message %q", e.Message)
		}
		if string(value) != string(members["a"]) {
			t.Errorf("got member %q, want %q", value, members["a"])
		}
	})
}
