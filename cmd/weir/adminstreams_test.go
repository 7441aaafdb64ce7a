package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// listed asks for a page of the list.
func listed(t *testing.T, s operated, query string) listing {
	t.Helper()
	status, body := fetch(t, http.MethodGet, "http://"+s.admin+"/streams"+query)
	if status != http.StatusOK {
		t.Fatalf("streams%s: got status %d and %s, want %d", query, status, body, http.StatusOK)
	}
	var page listing
	if err := json.Unmarshal([]byte(body), &page); err != nil {
		t.Fatalf("streams%s: got %s, want JSON: %v", query, body, err)
	}
	return page
}

func TestStreamsArePaged(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s := startOperated(t)
	defer s.stop()
	var want []string
	for i := range 5 {
		name := fmt.Sprintf("rooms/%d&é", i)
		want = append(want, name)
		path := (&url.URL{Path: "/v1/stream/" + name}).EscapedPath()
		if status, body := fetch(t, http.MethodPut, "http://"+s.public+path); status != http.StatusCreated {
			t.Fatalf("create %s: got status %d and %s, want %d", name, status, body, http.StatusCreated)
		}
	}
	fetch(t, http.MethodPut, "http://"+s.public+"/v1/stream/other")

	var got []string
	for after, pages := "", 0; ; pages++ {
		page := listed(t, s, "?prefix=rooms/&limit=2&after="+url.QueryEscape(after))
		for _, st := range page.Streams {
			got = append(got, st.Name)
		}
		if after = page.Next; after == "" {
			if pages != 2 {
				t.Errorf("pages: got %d, want 3", pages+1)
			}
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("names: got %q, want %q", got, want)
	}
	if page := listed(t, s, ""); len(page.Streams) != 6 || page.Next != "" {
		t.Errorf("whole list: got %+v, want six streams", page)
	}
	if page := listed(t, s, "?prefix=none"); page.Streams == nil || len(page.Streams) != 0 {
		t.Errorf("empty list: got %#v, want an empty array", page.Streams)
	}
}

func TestStreamsTakeNoOtherQuery(t *testing.T) {
	s := startOperated(t)
	defer s.stop()
	for _, query := range []string{
		"?limit=0", "?limit=1001", "?limit=-1", "?limit=", "?limit=ten", "?limit=99999999999999999999", "?limit=1&limit=2",
		"?prefx=a", "?prefix=%zz", "?prefix=a;b", "?prefix=a&prefix=b",
	} {
		status, body := fetch(t, http.MethodGet, "http://"+s.admin+"/streams"+query)
		if status != http.StatusBadRequest || !strings.Contains(body, `"status":400`) {
			t.Errorf("streams%s: got status %d and %s, want a problem of %d", query, status, body, http.StatusBadRequest)
		}
	}
	for _, query := range []string{"?limit=1", "?limit=1000", "?prefix=&after="} {
		listed(t, s, query)
	}
}
