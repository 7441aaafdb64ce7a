package httpapi_test

import (
	"strings"
	"testing"
)

func TestRefuseCreations(t *testing.T) {
	put := func(name string, headers ...string) string {
		return request("PUT", "/v1/stream/"+name, "", headers...)
	}
	ttl := func(value string) string { return put("new", "Stream-TTL: "+value) }
	until := func(value string) string { return put("new", "Stream-Expires-At: "+value) }
	from := "Stream-Forked-From: /v1/stream/text"
	at := func(offset string) string { return put("new", from, "Stream-Fork-Offset: "+offset) }
	sub := func(n string) string {
		return put("new", from, "Stream-Fork-Offset: "+start, "Stream-Fork-Sub-Offset: "+n)
	}
	const life, fork, offset, repeated = "invalid-lifetime", "invalid-fork", "invalid-offset", "repeated-header"
	r := newRefusals(t)
	r.check(t, []refusal{
		{"TTL of letters", ttl("abc"), 400, life, nil},
		{"TTL negative", ttl("-1"), 400, life, nil},
		{"TTL with a plus", ttl("+60"), 400, life, nil},
		{"TTL with leading zeros", ttl("00060"), 400, life, nil},
		{"TTL with a fraction", ttl("60.5"), 400, life, nil},
		{"TTL in a power of ten", ttl("1e3"), 400, life, nil},
		{"TTL empty", ttl(""), 400, life, nil},
		{"TTL with a unit", ttl("60s"), 400, life, nil},
		{"TTL beyond", ttl("9223372036854775808"), 400, life, nil},
		{"TTL far beyond", ttl("18446744073709551615"), 400, life, nil},
		{"two TTL", put("new", "Stream-TTL: 60", "Stream-TTL: 60"), 400, repeated, nil},
		{"end that is none", until("not-a-timestamp"), 400, life, nil},
		{"end empty", until(""), 400, life, nil},
		{"end as a number", until("1924992000"), 400, life, nil},
		{"end without a zone", until("2031-01-01T00:00:00"), 400, life, nil},
		{"end without a time", until("2031-01-01"), 400, life, nil},
		{"end on no day", until("2031-02-30T00:00:00Z"), 400, life, nil},
		{"end at no hour", until("2031-01-01T25:00:00Z"), 400, life, nil},
		{"end with a short hour", until("2031-01-01T1:00:00Z"), 400, life, nil},
		{"end with a comma", until("2031-01-01T00:00:00,5Z"), 400, life, nil},
		{"end with a zone that is none", until("2031-01-01T00:00:00+99:00"), 400, life, nil},
		{"end as an HTTP date", until("Wed, 01 Jan 2031 00:00:00 GMT"), 400, life, nil},
		{"two ends", put("new", "Stream-Expires-At: 2031-01-01T00:00:00Z", "Stream-Expires-At: 2031-01-01T00:00:00Z"), 400, repeated, nil},
		{"TTL and end", put("new", "Stream-TTL: 60", "Stream-Expires-At: 2031-01-01T00:00:00Z"), 400, life, nil},
		{"type that is none", put("new", "Content-Type: text"), 400, "invalid-content-type", nil},
		{"type with a bad parameter", put("new", "Content-Type: text/plain; x"), 400, "invalid-content-type", nil},
		{"long type", put("new", "Content-Type: text/"+strings.Repeat("x", 300)), 400, "invalid-content-type", nil},
		{"two types", put("new", asText, asJSON), 400, repeated, nil},
		{"bad first body", request("PUT", "/v1/stream/new", "[1,", asJSON), 400, "invalid-body", nil},
		{"first body over the limit", request("PUT", "/v1/stream/new", strings.Repeat("x", 65)), 413, "body-too-large", nil},
		{"first body over the stream's limit", request("PUT", "/v1/stream/new", strings.Repeat("x", 41)), 413, "stream-too-large", nil},
		{"exists with another type", put("text", asJSON), 409, "exists", nil},
		{"exists with another window", put("text", asText, "Stream-TTL: 60"), 409, "exists", nil},
		{"exists closed", put("closed", asText), 409, "exists", nil},
		{"exists open", put("text", asText, closes), 409, "exists", nil},
		{"deleted", put("deleted", asText), 409, "exists", nil},

		{"fork offset alone", put("new", "Stream-Fork-Offset: "+start), 400, fork, nil},
		{"sub-offset alone", put("new", "Stream-Fork-Sub-Offset: 0"), 400, fork, nil},
		{"sub-offset alone where one exists", put("text", asText, "Stream-Fork-Sub-Offset: 0"), 400, fork, nil},
		{"sub-offset empty", sub(""), 400, fork, nil},
		{"sub-offset negative", sub("-1"), 400, fork, nil},
		{"sub-offset of letters", sub("abc"), 400, fork, nil},
		{"sub-offset with a fraction", sub("1.5"), 400, fork, nil},
		{"sub-offset with a leading zero", sub("05"), 400, fork, nil},
		{"sub-offset with a plus", sub("+1"), 400, fork, nil},
		{"sub-offset beyond", sub("99999999999999999999"), 400, fork, nil},
		{"sub-offset overshoots", sub("6"), 400, fork, nil},
		{"sub-offset without offset", put("new", from, "Stream-Fork-Sub-Offset: 1"), 400, fork, nil},
		{"fork at -1", at("-1"), 400, offset, nil},
		{"fork at now", at("now"), 400, offset, nil},
		{"fork at an empty offset", at(""), 400, offset, nil},
		{"fork at a malformed offset", at("0_0"), 400, offset, nil},
		{"fork at no offset of ours", at("9999999999999999_9999999999999999"), 400, offset, nil},
		{"fork beyond the tail", at(beyond), 400, fork, nil},
		{"fork within a message", put("new", "Stream-Forked-From: /v1/stream/json", "Stream-Fork-Offset: 0000000000000000_0000000000000001"), 400, offset, nil},
		{"two sources", put("new", from, from), 400, repeated, nil},
		{"two fork offsets", put("new", from, "Stream-Fork-Offset: "+start, "Stream-Fork-Offset: "+start), 400, repeated, nil},
		{"two sub-offsets", put("new", from, "Stream-Fork-Sub-Offset: 0", "Stream-Fork-Sub-Offset: 0"), 400, repeated, nil},
		{"source empty", put("new", "Stream-Forked-From:"), 400, fork, nil},
		{"source without base", put("new", "Stream-Forked-From: text"), 400, fork, nil},
		{"source as a URL", put("new", "Stream-Forked-From: http://weir.test/v1/stream/text"), 400, fork, nil},
		{"source with a query", put("new", "Stream-Forked-From: /v1/stream/text?x"), 400, fork, nil},
		{"source with dots", put("new", "Stream-Forked-From: /v1/stream/../text"), 400, "name-dot-segment", nil},
		{"source with a bad escape", put("new", "Stream-Forked-From: /v1/stream/%zz"), 400, "name-bad-escape", nil},
		{"source missing", put("new", "Stream-Forked-From: /v1/stream/missing"), 404, "fork-source-not-found", nil},
		{"source deleted", put("new", "Stream-Forked-From: /v1/stream/deleted"), 409, "fork-source-gone", nil},
		{"fork of itself", put("new", "Stream-Forked-From: /v1/stream/new"), 404, "fork-source-not-found", nil},
		{"fork with another type", put("new", from, asJSON), 409, "content-type-mismatch", nil},
		{"fork where a stream is", put("text", from), 409, "exists", nil},
		{"fork where another fork is", put("fork", from), 409, "exists", nil},
	})
	r.must(204, "DELETE", "text", "")
	if a := r.do("HEAD", "text", ""); a.StatusCode != 404 {
		t.Errorf("source of forks that were all refused, deleted: got %d, want 404", a.StatusCode)
	}
}
