package httpapi_test

import (
	"strings"
	"testing"
)

func TestRefusePaths(t *testing.T) {
	const under = "/v1/stream/"
	get := func(path string) string { return request("GET", path, "") }
	put := func(path string) string { return request("PUT", path, "x", asText) }
	allow := map[string]string{"Allow": "GET, POST, PUT, DELETE, HEAD, OPTIONS"}
	probes := map[string]string{"Allow": "GET, HEAD, OPTIONS"}
	r := newRefusals(t)
	r.check(t, []refusal{
		{"empty name", put(under), 400, "name-empty", nil},
		{"doubled slash", put(under + "a//b"), 400, "name-empty-segment", nil},
		{"leading slash", put(under + "/a"), 400, "name-empty-segment", nil},
		{"trailing slash", put(under + "a/"), 400, "name-empty-segment", nil},
		{"parent segment", put(under + "a/../b"), 400, "name-dot-segment", nil},
		{"parent segment escaped", put(under + "a/%2e%2E/b"), 400, "name-dot-segment", nil},
		{"out of the base", put(under + "../../etc"), 400, "name-dot-segment", nil},
		{"dot segment", put(under + "."), 400, "name-dot-segment", nil},
		{"escaped NUL", put(under + "a%00b"), 400, "name-control-character", nil},
		{"escaped line break", put(under + "a%0D%0Ab"), 400, "name-control-character", nil},
		{"escaped C1 control", put(under + "a%C2%85b"), 400, "name-control-character", nil},
		{"not UTF-8", put(under + "a%FFb"), 400, "name-not-utf8", nil},
		{"overlong UTF-8", put(under + "a%C0%AFb"), 400, "name-not-utf8", nil},
		{"surrogate", put(under + "a%ED%A0%80"), 400, "name-not-utf8", nil},
		{"too long", put(under + strings.Repeat("x", 25)), 400, "name-too-long", nil},
		{"too long by characters of two bytes", put(under + strings.Repeat("%C3%A9", 13)), 400, "name-too-long", nil},
		{"far too long", put(under + strings.Repeat("x", 5000)), 400, "name-too-long", nil},
		{"too many segments", put(under + "a/b/c/d"), 400, "name-too-many-segments", nil},
		{"reserved", put(under + "__ds/x"), 404, "name-reserved", nil},
		{"reserved, escaped", get(under + "%5F_ds"), 404, "name-reserved", nil},
		{"escaped slash is no slash", get(under + "a%2Ftext"), 404, "not-found", nil},
		{"name in another case", get(under + "TEXT"), 404, "not-found", nil},
		{"root", get("/"), 404, "no-such-path", nil},
		{"base without slash", get("/v1/stream"), 404, "no-such-path", nil},
		{"base in another case", get("/V1/stream/text"), 404, "no-such-path", nil},
		{"slash before the base", get("//v1/stream/text"), 404, "no-such-path", nil},
		{"base escaped", get("/v1%2Fstream/text"), 404, "no-such-path", nil},
		{"dots before the base", get("/x/../v1/stream/text"), 404, "no-such-path", nil},
		{"another path", request("POST", "/metrics", "x"), 404, "no-such-path", nil},
		{"profile", get("/debug/pprof/"), 404, "no-such-path", nil},
		{"CONNECT", "CONNECT weir.test:80 HTTP/1.1\r\nHost: weir.test:80\r\n\r\n", 404, "no-such-path", nil},
		{"PATCH", request("PATCH", under+"text", "x", asText), 405, "method-not-allowed", allow},
		{"TRACE", request("TRACE", under+"text", ""), 405, "method-not-allowed", allow},
		{"method in another case", request("get", under+"text", ""), 405, "method-not-allowed", allow},
		{"unknown method", request("BREW", under+"text", ""), 405, "method-not-allowed", allow},
		{"POST to a probe", request("POST", "/healthz", "x"), 405, "method-not-allowed", probes},
		{"DELETE of a probe", request("DELETE", "/readyz", ""), 405, "method-not-allowed", probes},
		{"GET missing", get(under + "missing"), 404, "not-found", nil},
		{"HEAD missing", request("HEAD", under+"missing", ""), 404, "not-found", nil},
		{"DELETE missing", request("DELETE", under+"missing", ""), 404, "not-found", nil},
		{"GET deleted", get(under + "deleted"), 410, "gone", nil},
		{"HEAD deleted", request("HEAD", under+"deleted", ""), 410, "gone", nil},
		{"DELETE deleted", request("DELETE", under+"deleted", ""), 410, "gone", nil},
	})
}
