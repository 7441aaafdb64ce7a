package storetest

import (
	"slices"
	"strings"
)

var listTests = map[string]func(*fixture){
	"prefix, start and limit": testListRanges,
	"page by page":            testListPages,
}

var listNames = []string{"a", "a/1", "a/2", "a/2/x", "ab", "b", "b\xff", "b\xff\xff", "c", "ä"}

// testListRanges compares every combination with a filter over all names, part of
// which are in memory, in their place, and gone.
func testListRanges(f *fixture) {
	for i, name := range append([]string{"a/0", "b/gone"}, listNames...) {
		if i == 7 {
			f.settle()
		}
		f.plain(name, "")
	}
	f.remove("a/0")
	f.remove("b/gone")
	compare := func() {
		f.Helper()
		for _, prefix := range []string{"", "a", "a/", "a/2", "b", "b\xff", "b\xff\xff", "x", "ä"} {
			for _, after := range append([]string{"", "a/", "zz"}, listNames...) {
				for _, limit := range []int{0, 1, 2, 100} {
					f.checkRangeOfNames(prefix, after, limit)
				}
			}
		}
	}
	compare()
	f.settle()
	compare()
}

func (f *fixture) checkRangeOfNames(prefix, after string, limit int) {
	f.Helper()
	var want []string
	for _, name := range f.model.names() {
		if strings.HasPrefix(name, prefix) && name > after && len(want) < limit {
			want = append(want, name)
		}
	}
	got, err := f.store.List(prefix, after, limit)
	if err != nil || !slices.Equal(got, want) {
		f.Errorf("List(%q, %q, %d): got %q and error %v, want %q", prefix, after, limit, got, err, want)
	}
}

func testListPages(f *fixture) {
	for _, name := range listNames {
		f.plain(name, "")
	}
	f.settle()
	var got []string
	for after := ""; ; after = got[len(got)-1] {
		page, err := f.store.List("", after, 3)
		if err != nil {
			f.Fatalf("list: %v", err)
		}
		if len(page) == 0 {
			break
		}
		got = append(got, page...)
	}
	if want := f.model.names(); !slices.Equal(got, want) {
		f.Errorf("names page by page: got %q, want %q", got, want)
	}
}
