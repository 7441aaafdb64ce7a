package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestRefuseBrowsers(t *testing.T) {
	handler := refuseBrowsers(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	}))
	for _, test := range []struct {
		host   string
		header http.Header
		want   int
	}{
		{"127.0.0.1:9437", nil, http.StatusNoContent},
		{"127.0.0.1", nil, http.StatusNoContent},
		{"[::1]:9437", nil, http.StatusNoContent},
		{"[::1]", nil, http.StatusNoContent},
		{"localhost:9437", nil, http.StatusNoContent},
		{"LocalHost", nil, http.StatusNoContent},
		{"", nil, http.StatusMisdirectedRequest},
		{"weir.example.com:9437", nil, http.StatusMisdirectedRequest},
		{"localhost.example.com", nil, http.StatusMisdirectedRequest},
		{"127.0.0.1.example.com", nil, http.StatusMisdirectedRequest},
		{"127.1", nil, http.StatusMisdirectedRequest},
		{"localhost", http.Header{"Origin": {"http://localhost"}}, http.StatusForbidden},
		{"localhost", http.Header{"Origin": {"null"}}, http.StatusForbidden},
		{"localhost", http.Header{"Sec-Fetch-Site": {"cross-site"}}, http.StatusForbidden},
		{"localhost", http.Header{"Sec-Fetch-Site": {"same-site"}}, http.StatusForbidden},
		{"localhost", http.Header{"Sec-Fetch-Site": {"same-origin"}}, http.StatusNoContent},
		{"localhost", http.Header{"Sec-Fetch-Site": {"none"}}, http.StatusNoContent},
	} {
		r := httptest.NewRequest(http.MethodPost, "/backup", nil)
		r.Host, r.Header = test.host, test.header
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != test.want {
			t.Errorf("host %q with %v: got status %d, want %d", test.host, test.header, w.Code, test.want)
		}
	}
}
