package httpapi_test

import (
	"strings"
	"testing"
)

// produced are the three headers of an idempotent append.
func produced(id, epoch, seq string) []string {
	return []string{"Producer-Id: " + id, "Producer-Epoch: " + epoch, "Producer-Seq: " + seq}
}

func TestRefuseAppends(t *testing.T) {
	post := func(name, body string, headers ...string) string {
		return request("POST", "/v1/stream/"+name, body, headers...)
	}
	text := func(headers ...string) string {
		return post("text", "x", append([]string{asText}, headers...)...)
	}
	const badProducer, repeated = "invalid-producer", "repeated-header"
	over := "9007199254740992" // 2^53
	r := newRefusals(t)
	r.check(t, []refusal{
		{"missing stream", post("missing", "x", asText), 404, "not-found", nil},
		{"deleted stream", post("deleted", "x", asText), 410, "gone", nil},
		{"empty", post("text", "", asText), 400, "invalid-body", nil},
		{"empty, close is no close", post("text", "", asText, "Stream-Closed: yes"), 400, "invalid-body", nil},
		{"empty from a producer", post("text", "", append(produced("q", "0", "0"), asText)...), 400, "invalid-body", nil},
		{"no type", post("text", "x"), 400, "invalid-content-type", nil},
		{"empty type", post("text", "x", "Content-Type:"), 400, "invalid-content-type", nil},
		{"two types", post("text", "x", asText, asText), 400, repeated, nil},
		{"other type", post("text", "x", asJSON), 409, "content-type-mismatch", nil},
		{"type that is none", post("text", "x", "Content-Type: ;;"), 409, "content-type-mismatch", nil},
		{"closed stream", post("closed", "x", asText), 409, "closed", map[string]string{
			"Stream-Closed": "true", "Stream-Next-Offset": "0000000000000000_0000000000000003"}},
		{"closed stream, other type", post("closed", "x", asJSON), 409, "closed", map[string]string{"Stream-Closed": "true"}},
		{"closed stream, with close", post("closed", "x", asText, closes), 409, "closed", map[string]string{"Stream-Closed": "true"}},
		{"closed stream, a producer's close", post("closed", "", append(produced("q", "0", "0"), closes)...), 409, "closed", nil},

		{"id alone", text("Producer-Id: p"), 400, badProducer, nil},
		{"no id", text("Producer-Epoch: 0", "Producer-Seq: 0"), 400, badProducer, nil},
		{"no epoch", text("Producer-Id: p", "Producer-Seq: 0"), 400, badProducer, nil},
		{"no sequence", text("Producer-Id: p", "Producer-Epoch: 0"), 400, badProducer, nil},
		{"partial, missing stream", post("missing", "x", asText, "Producer-Id: p"), 400, badProducer, nil},
		{"empty id", text(produced("", "0", "0")...), 400, badProducer, nil},
		{"long id", text(produced(strings.Repeat("x", 257), "0", "0")...), 400, badProducer, nil},
		{"epoch with letters", text(produced("q", "1abc", "0")...), 400, badProducer, nil},
		{"epoch with a sign", text(produced("q", "-1", "0")...), 400, badProducer, nil},
		{"epoch with a plus", text(produced("q", "+1", "0")...), 400, badProducer, nil},
		{"epoch in a power of ten", text(produced("q", "1e3", "0")...), 400, badProducer, nil},
		{"epoch with a fraction", text(produced("q", "1.0", "0")...), 400, badProducer, nil},
		{"empty epoch", text(produced("q", "", "0")...), 400, badProducer, nil},
		{"epoch beyond", text(produced("q", over, "0")...), 400, badProducer, nil},
		{"epoch far beyond", text(produced("q", strings.Repeat("9", 40), "0")...), 400, badProducer, nil},
		{"sequence with letters", text(produced("q", "0", "0xyz")...), 400, badProducer, nil},
		{"sequence in hex", text(produced("q", "0", "0x1")...), 400, badProducer, nil},
		{"sequence with a space", text(produced("q", "0", "1 2")...), 400, badProducer, nil},
		{"sequence in other digits", text(produced("q", "0", "\u0661")...), 400, badProducer, nil},
		{"empty sequence", text(produced("q", "0", "")...), 400, badProducer, nil},
		{"sequence beyond", text(produced("q", "0", over)...), 400, badProducer, nil},
		{"two ids", text(append(produced("q", "0", "0"), "Producer-Id: q")...), 400, repeated, nil},
		{"two epochs", text(append(produced("q", "0", "0"), "Producer-Epoch: 0")...), 400, repeated, nil},
		{"two sequences", text(append(produced("q", "0", "0"), "Producer-Seq: 0")...), 400, repeated, nil},
		{"stale epoch", text(produced("p", "1", "0")...), 403, "stale-epoch", map[string]string{"Producer-Epoch": "2"}},
		{"new epoch that goes on", text(produced("p", "3", "1")...), 400, badProducer, nil},
		{"gap", text(produced("p", "2", "7")...), 409, "producer-gap", map[string]string{
			"Producer-Expected-Seq": "1", "Producer-Received-Seq": "7"}},
		{"gap at the beginning", text(produced("q", "0", "1")...), 409, "producer-gap", map[string]string{
			"Producer-Expected-Seq": "0", "Producer-Received-Seq": "1"}},
		{"gap in a close", post("text", "", append(produced("p", "2", "7"), closes)...), 409, "producer-gap", nil},

		{"Stream-Seq equal", text("Stream-Seq: 5"), 409, "sequence-regression", nil},
		{"Stream-Seq by bytes", text("Stream-Seq: 10"), 409, "sequence-regression", nil},
		{"two Stream-Seq", text("Stream-Seq: 6", "Stream-Seq: 7"), 400, repeated, nil},
		{"long Stream-Seq", text("Stream-Seq: " + strings.Repeat("9", 257)), 400, "invalid-sequence", nil},

		{"cut JSON", post("json", `{"a":`, asJSON), 400, "invalid-body", nil},
		{"no JSON", post("json", `hello`, asJSON), 400, "invalid-body", nil},
		{"two values", post("json", `1 2`, asJSON), 400, "invalid-body", nil},
		{"last element bad", post("json", `[1,2,x]`, asJSON), 400, "invalid-body", nil},
		{"empty array", post("json", `[]`, asJSON), 400, "invalid-body", nil},
		{"empty array with close", post("json", ` [ ] `, asJSON, closes), 400, "invalid-body", nil},
		{"white space", post("json", "  \n", asJSON), 400, "invalid-body", nil},
		{"byte order mark", post("json", "\xef\xbb\xbf1", asJSON), 400, "invalid-body", nil},
		{"string that is not UTF-8", post("json", "\"\xff\"", asJSON), 400, "invalid-body", nil},
		{"deep nesting", post("json", strings.Repeat("[", 60), asJSON), 400, "invalid-body", nil},

		{"body over the limit", post("text", strings.Repeat("x", 65), asText), 413, "body-too-large", nil},
		{"stream over its limit", post("text", strings.Repeat("x", 30), asText), 413, "stream-too-large", nil},
		{"unknown expectation", text("Expect: 200-ok"), 417, "expectation-failed", nil},
	})
}
