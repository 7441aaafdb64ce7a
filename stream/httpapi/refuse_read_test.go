package httpapi_test

import "testing"

func TestRefuseReads(t *testing.T) {
	get := func(query string, headers ...string) string {
		return request("GET", "/v1/stream/text?"+query, "", headers...)
	}
	const offset, query = "invalid-offset", "invalid-query"
	r := newRefusals(t)
	all := []refusal{
		{"live without offset", get("live=long-poll"), 400, offset, nil},
		{"SSE without offset", get("live=sse"), 400, offset, nil},
		{"missing stream before a bad offset", request("GET", "/v1/stream/missing?offset=bad", ""), 404, "not-found", nil},
		{"deleted stream before a bad offset", request("GET", "/v1/stream/deleted?offset=bad", ""), 410, "gone", nil},
		{"live on a missing stream", request("GET", "/v1/stream/missing?offset=now&live=sse", ""), 404, "not-found", nil},
		{"bad escape in the query", get("offset=%zz"), 400, query, nil},
		{"bad escape in another parameter", get("offset=-1&x=%"), 400, query, nil},
		{"semicolon in the query", get("offset=-1;live=sse"), 400, query, nil},
		{"within a message", request("GET", "/v1/stream/json?offset=0000000000000000_0000000000000001", ""), 400, offset, nil},
		{"Last-Event-ID that is no offset", get("offset=-1&live=sse", "Last-Event-ID: 7"), 400, offset, nil},
		{"Last-Event-ID -1", get("offset=-1&live=sse", "Last-Event-ID: -1"), 400, offset, nil},
		{"Last-Event-ID now", get("offset=-1&live=sse", "Last-Event-ID: now"), 400, offset, nil},
		{"Last-Event-ID past the tail", get("offset=-1&live=sse", "Last-Event-ID: "+beyond), 400, offset, nil},
		{"two Last-Event-ID", get("offset=-1&live=sse", "Last-Event-ID: "+start, "Last-Event-ID: "+start), 400, "repeated-header", nil},
	}
	for _, bad := range []string{
		"", "0", "-2", "NOW", "now%20", "%20now", "-1,", "1%2C2", "a/b", "..", "%00", "a%0Ab", "%0D", "a%20b", "+",
		"0000000000000000_00000000000000000", "0000000000000001_0000000000000000", "%FF", beyond,
		"9999999999999999_9999999999999999", "0000000000000000_000000000000001a", "-1&offset=-1", "-1&offset=",
	} {
		for _, live := range []string{"", "&live=long-poll", "&live=sse"} {
			all = append(all, refusal{"offset " + bad + live, get("offset=" + bad + live), 400, offset, nil})
		}
	}
	r.check(t, all)
}
