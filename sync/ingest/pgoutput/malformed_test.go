package pgoutput_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/pgoutput"
)

// TestEveryLength cuts each message after every byte, and adds one.
func TestEveryLength(t *testing.T) {
	for _, test := range messages {
		d := prepared(t)
		for length := range len(test.raw) {
			refuse(t, d, test.raw[:length], pgoutput.ErrMalformed)
		}
		refuse(t, d, test.raw+"\x00", pgoutput.ErrMalformed)
	}
}

func TestMalformed(t *testing.T) {
	d := prepared(t)
	for name, raw := range map[string]string{
		"unknown kind":              "Z",
		"commit with flags":         "C\x01" + strings.Repeat("\x00", 24),
		"identity":                  strings.Replace(itemRelation, "item\x00d", "item\x00x", 1),
		"flags of column":           strings.Replace(itemRelation, "\x01id", "\x02id", 1),
		"more columns than bytes":   strings.Replace(itemRelation, "d\x00\x02", "d\xff\xff", 1),
		"one column too many":       strings.Replace(itemRelation, "d\x00\x02", "d\x00\x03", 1),
		"one column too few":        strings.Replace(itemRelation, "d\x00\x02", "d\x00\x01", 1),
		"insert of an old row":      "I\x00\x00\x40\x01O\x00\x02nn",
		"delete of a new row":       "D\x00\x00\x40\x01N\x00\x02nn",
		"update to an old row":      "U\x00\x00\x40\x01K\x00\x02nnO\x00\x02nn",
		"kind of column":            "I\x00\x00\x40\x01N\x00\x02nx",
		"value past the end":        "I\x00\x00\x40\x01N\x00\x02nt\x00\x00\x00\x02a",
		"length with the sign bit":  "I\x00\x00\x40\x01N\x00\x02nt\x80\x00\x00\x00a",
		"length of all bits":        "I\x00\x00\x40\x01N\x00\x02nt\xff\xff\xff\xffa",
		"flags of truncate":         "T\x00\x00\x00\x01\x04\x00\x00\x40\x01",
		"truncate past the end":     "T\x00\x00\x00\x02\x00\x00\x00\x40\x01",
		"truncate of all bits":      "T\xff\xff\xff\xff\x00\x00\x00\x40\x01",
		"truncate whose sum wraps":  "T\x40\x00\x00\x01\x00\x00\x00\x40\x01",
		"flags of logical message":  "M\x02\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00",
		"content past the end":      "M\x00\x00\x00\x00\x00\x00\x00\x00\x01p\x00\x00\x00\x00\x02x",
		"content of all bits":       "M\x00\x00\x00\x00\x00\x00\x00\x00\x01p\x00\xff\xff\xff\xffx",
		"prefix without an end":     "M\x00\x00\x00\x00\x00\x00\x00\x00\x01pppppppp",
		"table name without an end": "R\x00\x00\x40\x01public\x00item",
	} {
		t.Run(name, func(t *testing.T) { refuse(t, d, raw, pgoutput.ErrMalformed) })
	}
}

func TestLaterVersionsAreRefused(t *testing.T) {
	d := prepared(t)
	for _, raw := range []string{
		"S\x00\x00\x00\x01\x01", "E", "c\x00\x00\x00\x01\x00", "A\x00\x00\x00\x01\x00\x00\x00\x01",
		"b", "P", "K", "r", "p",
	} {
		refuse(t, d, raw, pgoutput.ErrVersion)
	}
}

func TestUnknownRelation(t *testing.T) {
	d := prepared(t)
	for _, raw := range []string{
		"I\x00\x00\x40\x09N\x00\x00",
		"U\x00\x00\x40\x09N\x00\x00",
		"D\x00\x00\x40\x09K\x00\x00",
		"T\x00\x00\x00\x02\x00\x00\x00\x40\x01\x00\x00\x40\x09",
	} {
		refuse(t, d, raw, pgoutput.ErrUnknownRelation)
	}
}

func TestShape(t *testing.T) {
	d := prepared(t)
	for name, test := range map[string]struct {
		raw  string
		sent int
	}{
		"longer insert":  {"I\x00\x00\x40\x01N\x00\x03nnn", 3},
		"shorter insert": {"I\x00\x00\x40\x01N\x00\x01n", 1},
		"empty delete":   {"D\x00\x00\x40\x01K\x00\x00", 0},
		"old row":        {"U\x00\x00\x40\x01O\x00\x03nnnN\x00\x02nn", 3},
		"new row":        {"U\x00\x00\x40\x01O\x00\x02nnN\x00\x03nnn", 3},
		"in three bytes": {"I\x00\x00\x40\x01N\xff\xffn", 65535},
	} {
		_, err := d.Decode([]byte(test.raw))
		shape, ok := errors.AsType[*pgoutput.ShapeError](err)
		want := pgoutput.ShapeError{Schema: "public", Table: "item", Listed: 2, Sent: test.sent}
		if !ok || *shape != want {
			t.Errorf("%s: got %v, want %v", name, err, &want)
		}
		if err != nil && !strings.Contains(err.Error(), "15.0 and 15.1") {
			t.Errorf("%s: got %v, want the versions that are known for it", name, err)
		}
	}
}

// TestClaimsAllocateNothing has messages of a few bytes that claim to be large.
func TestClaimsAllocateNothing(t *testing.T) {
	d := prepared(t)
	for name, raw := range map[string]string{
		"tuple":    "I\x00\x00\x40\x01N\xff\xffn",
		"value":    "I\x00\x00\x40\x01N\x00\x02nt\x7f\xff\xff\xffa",
		"relation": "R\x00\x00\x40\x03s\x00wide\x00d\xff\xff\x00",
		"truncate": "T\x7f\xff\xff\xff\x00\x00\x00\x40\x01",
		"content":  "M\x00\x00\x00\x00\x00\x00\x00\x00\x01p\x00\x7f\xff\xff\xffx",
	} {
		const enoughForTheError = 16 << 10
		message := []byte(raw)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := d.Decode(message)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: got no error", name)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > enoughForTheError {
			t.Errorf("%s: got %d bytes allocated, want at most %d", name, got, enoughForTheError)
		}
	}
}

// TestErrorText pins one text: an operator has to find the message in a dump.
func TestErrorText(t *testing.T) {
	_, err := prepared(t).Decode([]byte("I\x00\x00\x40\x01N\x00\x02nt\x00\x00\x00\x09a"))
	const want = "decode insert message: byte 14: value needs 9 bytes, 1 are there: malformed message"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func refuse(t *testing.T, d *pgoutput.Decoder, raw string, want error) {
	t.Helper()
	m, err := d.Decode([]byte(raw))
	if m != nil || !errors.Is(err, want) {
		t.Errorf("decode %q: got %v, %v, want %v", raw, m, err, want)
	}
}
