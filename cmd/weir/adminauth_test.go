package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestRequireToken(t *testing.T) {
	const token = "correct-horse-battery"
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	handler := guardAdmin(token, ok, ok)
	for _, test := range []struct {
		path   string
		header []string
		want   int
	}{
		{"/metrics", []string{"Bearer " + token}, http.StatusNoContent},
		{"/metrics", []string{"bearer " + token}, http.StatusNoContent},
		{"/metrics", []string{"Bearer  " + token}, http.StatusNoContent},
		{"/metrics", nil, http.StatusUnauthorized},
		{"/", nil, http.StatusUnauthorized},
		{"/backup", []string{""}, http.StatusUnauthorized},
		{"/backup", []string{"Bearer "}, http.StatusUnauthorized},
		{"/backup", []string{token}, http.StatusUnauthorized},
		{"/backup", []string{"Basic " + token}, http.StatusUnauthorized},
		{"/backup", []string{"Bearer " + token + "x"}, http.StatusUnauthorized},
		{"/backup", []string{"Bearer " + token[1:]}, http.StatusUnauthorized},
		{"/backup", []string{"Bearer " + strings.ToUpper(token)}, http.StatusUnauthorized},
		{"/backup", []string{"Bearer " + token, "Bearer " + token}, http.StatusUnauthorized},
		{"/healthz", nil, http.StatusNoContent},
		{"/readyz", nil, http.StatusNoContent},
		{"/readyz/", nil, http.StatusUnauthorized},
	} {
		r := httptest.NewRequest(http.MethodGet, test.path, nil)
		r.Host = "weir.metrics.svc:9437" // a name is fine where pages cannot know the token
		if test.header != nil {
			r.Header["Authorization"] = test.header
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != test.want {
			t.Errorf("%s with %q: got status %d, want %d", test.path, test.header, w.Code, test.want)
		}
		if w.Code == http.StatusUnauthorized {
			checkUnauthorized(t, w, token)
		}
	}
}

// checkUnauthorized wants an answer that says what is missing and nothing more.
func checkUnauthorized(t *testing.T, w *httptest.ResponseRecorder, token string) {
	t.Helper()
	if got := w.Header().Get("WWW-Authenticate"); got != "Bearer" {
		t.Errorf("WWW-Authenticate: got %q, want Bearer", got)
	}
	if got, want := w.Body.String(), `{"title":"Unauthorized","status":401}`+"\n"; got != want {
		t.Errorf("body: got %s, want %s", got, want)
	}
}

// Without a token the rules against browsers are in force, for all but health.
func TestNoTokenKeepsBrowsersOut(t *testing.T) {
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	handler := guardAdmin("", ok, ok)
	for path, want := range map[string]int{"/metrics": http.StatusMisdirectedRequest, "/readyz": http.StatusNoContent} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://weir.example.com"+path, nil))
		if w.Code != want {
			t.Errorf("%s by name: got status %d, want %d", path, w.Code, want)
		}
	}
}
