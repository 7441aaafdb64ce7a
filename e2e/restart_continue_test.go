package e2e_test

import (
	"fmt"

	"github.com/weirstreams/weir/e2e/internal/wire"
)

// continueStates does with each stream what must still be possible after the
// restarts, and checks what comes of it.
func continueStates(a api, before map[string]snapshot) {
	a.t.Helper()
	a.append("bytes", octets, "three")
	a.append("json", jsonType, `"more"`)
	a.want(200, "POST", "producer", producer("p", 4, 2), "d")
	a.want(200, "POST", "producer", producer("p", 5, 0), "e")
	a.want(200, "POST", "two-producers", producer("q", 7, 1), "q1")
	a.want(204, "POST", "seq", wire.Header{"Content-Type": plainText, "Stream-Seq": "b06"}, "b06")
	a.append("fork", plainText, " on")
	a.append("fork-of-soft-deleted", plainText, " and on")
	a.create("deleted", plainText, "back")

	grown := map[string]string{
		"bytes":                before["bytes"].Body + "three",
		"producer":             "abcde",
		"two-producers":        "p0q0p1q1",
		"seq":                  "b05b06",
		"source":               "base after the fork",
		"fork":                 "base fork on",
		"fork-of-fork":         "base fork and more",
		"fork-of-soft-deleted": "kept for the fork, which goes on and on",
		"deleted":              "back",
	}
	for stream, want := range grown {
		if got := a.text(stream); got != want {
			a.t.Errorf("%s: got %q, want %q", stream, got, want)
		}
	}
	checkResume(a, before["bytes"])

	a.want(204, "DELETE", "fork-of-soft-deleted", nil, "")
	awaitStatus(a, 404, "soft-deleted")
}

// checkResume reads on from an offset handed out before the restarts.
func checkResume(a api, before snapshot) {
	a.t.Helper()
	if got := string(a.read("bytes", before.Offset).Bytes); got != "three" {
		a.t.Errorf("bytes from the old tail: got %q, want %q", got, "three")
	}
}

// brief formats a snapshot with a body short enough to read.
func brief(s snapshot) string {
	s.Body = fmt.Sprintf("%.60q (%d bytes)", s.Body, len(s.Body))
	return fmt.Sprintf("%+v", s)
}
