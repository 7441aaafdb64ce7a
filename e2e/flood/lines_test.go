package flood_test

import (
	"fmt"
	"strings"
)

// lines are requests whose lines end or begin in unusual ways.
func lines() []framing {
	body := post("text", length("%d")) + smuggled
	head, _, _ := strings.Cut(body, "DELETE")
	first := func(line string) string {
		return line + "\r\nHost: h\r\nContent-Type: text/plain\r\n" + length("%d") + "\r\n\r\n" + smuggled
	}
	return []framing{
		// RFC 9112, section 2.2: a bare LF may be taken for the end of a line, as
		// nginx does. There is one reading of it.
		{"LF behind every line", strings.ReplaceAll(head, "\r\n", "\n") + smuggled, accepted},
		{"LF behind the length", strings.Replace(head, "\r\n\r\n", "\n\r\n", 1) + smuggled, accepted},
		{"CR behind every line", strings.ReplaceAll(head, "\r\n", "\r") + smuggled, malformed},
		{"two CR behind a line", strings.Replace(head, "h\r\n", "h\r\r\n", 1) + smuggled, malformed},
		// Section 5.2: what is folded belongs to the value before. So there is no
		// body, which is refused, and what follows is another request.
		{"length in the fold of another field", post("text", "X: y\r\n Content-Length: 5"), []int{400, 204}},
		{"folded length", post("text", fmt.Sprintf("Content-Length:\r\n\t%d", len(smuggled))) + smuggled, accepted},
		{"fold before the first field", strings.Replace(body, "Host", " Host", 1), malformed},
		{"field without a colon", strings.Replace(body, "Host: h", "Host: h\r\nX", 1), malformed},
		{"field without a name", strings.Replace(body, "Host: h", "Host: h\r\n: x", 1), malformed},

		{"absolute target", first("POST http://h/v1/stream/text HTTP/1.1"), accepted},
		{"authority as a target", first("POST h:80 HTTP/1.1"), []int{404, 204}},
		{"asterisk as a target", first("OPTIONS * HTTP/1.1"), accepted},
		{"target without a slash", first("POST v1/stream/text HTTP/1.1"), malformed},
		{"two blanks before the target", first("POST  /v1/stream/text HTTP/1.1"), malformed},
		{"two blanks behind the target", first("POST /v1/stream/text  HTTP/1.1"), malformed},
		{"tabs in the request line", first("POST\t/v1/stream/text\tHTTP/1.1"), malformed},
		{"two versions", first("POST /v1/stream/text HTTP/1.1 HTTP/1.1"), malformed},
		{"blank before the request", " " + body, malformed},
		{"HTTP/0.9", "GET /v1/stream/text\r\n\r\n" + smuggled, malformed},
		{"HTTP/0.9 by name", first("POST /v1/stream/text HTTP/0.9"), []int{505}},
		{"HTTP/1.0", first("POST /v1/stream/text HTTP/1.0"), readAndEnded},
		{"HTTP/1.0, kept alive", first("POST /v1/stream/text HTTP/1.0\r\nConnection: keep-alive"), readAndEnded},
		{"version in lower case", first("POST /v1/stream/text http/1.1"), malformed},
		{"version of two digits", first("POST /v1/stream/text HTTP/1.10"), malformed},
		{"method in lower case", first("post /v1/stream/text HTTP/1.1"), []int{405, 204}},
	}
}

// unread are requests whose body nobody reads: it is dropped, and no request.
func unread() []framing {
	with := func(line string, fields ...string) string {
		return line + " HTTP/1.1\r\nHost: h\r\n" + strings.Join(append(fields, length("%d")), "\r\n") + "\r\n\r\n" + smuggled
	}
	tooLarge := fmt.Sprintf("Content-Length: %d", maxAppend+len(smuggled))
	return []framing{
		{"read with a body", with("GET /v1/stream/text"), []int{200, 204}},
		{"HEAD with a body", with("HEAD /v1/stream/text"), []int{200, 204}},
		{"delete with a body", with("DELETE /v1/stream/none"), []int{404, 204}},
		{"preflight with a body", with("OPTIONS /v1/stream/text"), []int{204, 204}},
		{"create with a body that changes nothing", with("PUT /v1/stream/text", "Content-Type: text/plain"), []int{200, 204}},
		{"append to no stream", with("POST /v1/stream/none", "Content-Type: text/plain"), []int{404, 204}},
		{"append of another type", with("POST /v1/stream/text", "Content-Type: a/b"), []int{409, 204}},
		{"method that is none", with("PATCH /v1/stream/text"), []int{405, 204}},
		{"trace", with("TRACE /v1/stream/text"), []int{405, 204}},
		{"connect", with("CONNECT h:80"), []int{404, 204}},
		{"outside", with("POST /none"), []int{404, 204}},
		{"upgrade to h2c", with("POST /v1/stream/text", "Content-Type: text/plain",
			"Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"), accepted},
		{"upgrade to websocket", with("GET /v1/stream/text", "Connection: Upgrade", "Upgrade: websocket"), []int{200, 204}},
		{"body sent without waiting to be told", with("POST /v1/stream/text", "Content-Type: text/plain", "Expect: 100-continue"), accepted},
		{"the same, refused", with("POST /none", "Expect: 100-continue"), []int{404}},
		{"expectation that is none", with("POST /v1/stream/text", "Content-Type: text/plain", "Expect: x"), []int{417}},
		{"too large, and sent without waiting", post("text", tooLarge+"\r\nExpect: 100-continue") + smuggled, []int{413}},
		{"large body that nobody reads", "POST /none HTTP/1.1\r\nHost: h\r\n" + "Content-Length: 1000000\r\n\r\n" + smuggled + strings.Repeat("x", 1000000-len(smuggled)), []int{404}},
		{"subscriber with a body", with("GET /v1/stream/text?live=sse&offset=now"), []int{200}},
		{"long-poll with a body", with("GET /v1/stream/text?live=long-poll&offset=-1"), []int{200, 204}},
	}
}
