package httpapi_test

import (
	"strings"
	"testing"
)

// TestRefuseMalformedRequests: what net/http refuses before any handler looks at
// it is refused like everything else.
func TestRefuseMalformedRequests(t *testing.T) {
	post := func(headers ...string) string {
		return "POST /v1/stream/text HTTP/1.1\r\nHost: h\r\n" + asText + "\r\n" + strings.Join(headers, "\r\n") + "\r\n\r\n"
	}
	get := func(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n" }
	const malformed = "malformed-request"
	r := newRefusals(t)
	r.check(t, []refusal{
		{"no protocol", "GET /v1/stream/text\r\n\r\n", 400, malformed, nil},
		{"garbage", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, malformed, nil},
		{"empty request line", "\r\n\r\n\r\n", 400, malformed, nil},
		{"bad protocol", "GET / HTTP/x\r\nHost: h\r\n\r\n", 400, malformed, nil},
		{"future protocol", "GET / HTTP/3.0\r\nHost: h\r\n\r\n", 505, malformed, nil},
		{"method with a bad byte", "GE(T / HTTP/1.1\r\nHost: h\r\n\r\n", 400, malformed, nil},
		{"space in the path", get("/v1/stream/a b"), 400, malformed, nil},
		{"tab in the path", get("/v1/stream/a\tb"), 400, malformed, nil},
		{"NUL in the path", get("/v1/stream/a\x00b"), 400, malformed, nil},
		{"DEL in the path", get("/v1/stream/a\x7fb"), 400, malformed, nil},
		{"relative path", get("v1/stream/text"), 400, malformed, nil},
		{"bad escape", get("/v1/stream/a%zz"), 400, malformed, nil},
		{"cut escape", get("/v1/stream/a%4"), 400, malformed, nil},
		{"lone percent", get("/v1/stream/%"), 400, malformed, nil},
		{"no Host", "GET /v1/stream/text HTTP/1.1\r\n\r\n", 400, malformed, nil},
		{"two Hosts", "GET /v1/stream/text HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, malformed, nil},
		{"bad Host", "GET /v1/stream/text HTTP/1.1\r\nHost: a<b\r\n\r\n", 400, malformed, nil},
		{"header without a colon", post("Stream-Seq", "Content-Length: 0"), 400, malformed, nil},
		{"header name with a space", post("Stream-Seq : 9", "Content-Length: 0"), 400, malformed, nil},
		{"empty header name", post(": 9", "Content-Length: 0"), 400, malformed, nil},
		{"header with NUL", post("Stream-Seq: 9\x00", "Content-Length: 0"), 400, malformed, nil},
		{"header with DEL", post("Stream-Seq: 9\x7f", "Content-Length: 0"), 400, malformed, nil},
		{"header with CR", post("Stream-Seq: 9\rX: y", "Content-Length: 0"), 400, malformed, nil},
		{"folded first header", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400, malformed, nil},
		{"negative length", post("Content-Length: -1"), 400, malformed, nil},
		{"signed length", post("Content-Length: +1") + "x", 400, malformed, nil},
		{"length in hex", post("Content-Length: 0x1") + "x", 400, malformed, nil},
		{"two lengths", post("Content-Length: 1", "Content-Length: 2") + "x", 400, malformed, nil},
		{"list of lengths", post("Content-Length: 1, 2") + "x", 400, malformed, nil},
		{"huge length", post("Content-Length: 99999999999999999999"), 400, malformed, nil},
		{"unknown coding", post("Transfer-Encoding: gzip"), 501, malformed, nil},
		{"two codings", post("Transfer-Encoding: gzip, chunked") + "0\r\n\r\n", 501, malformed, nil},
		{"coding given twice", post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + "0\r\n\r\n", 501, malformed, nil},
		{"oversize header", post("X: " + strings.Repeat("x", 20<<10)), 431, "header-too-large", nil},
		{"many headers", post(strings.Repeat("X: y\r\n", 4000)), 431, "header-too-large", nil},
		{"oversize path", get("/v1/stream/" + strings.Repeat("x", 20<<10)), 431, "header-too-large", nil},
	})
}

// TestRefuseBadChunks: a body that is not chunked as it should be is as good as
// cut off.
func TestRefuseBadChunks(t *testing.T) {
	chunked := func(body string) string {
		return "POST /v1/stream/text HTTP/1.1\r\nHost: h\r\n" + asText + "\r\nTransfer-Encoding: chunked\r\n\r\n" + body
	}
	const incomplete = "body-incomplete"
	closing := map[string]string{"Connection": "close"}
	r := newRefusals(t)
	r.check(t, []refusal{
		{"no size", chunked("\r\nx\r\n0\r\n\r\n"), 400, incomplete, closing},
		{"size that is no number", chunked("zz\r\nx\r\n0\r\n\r\n"), 400, incomplete, closing},
		{"negative size", chunked("-1\r\nx\r\n0\r\n\r\n"), 400, incomplete, closing},
		{"huge size", chunked("fffffffffffffffff\r\nx\r\n0\r\n\r\n"), 400, incomplete, closing},
		{"size too small", chunked("1\r\nxyz\r\n0\r\n\r\n"), 400, incomplete, closing},
		{"long size line", chunked(strings.Repeat("0", 9000) + "\r\n\r\n"), 400, incomplete, closing},
		{"bad trailer", chunked("1\r\nx\r\n0\r\nnot a trailer\r\n\r\n"), 400, incomplete, closing},
	})
}
