package bench

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/weirstreams/weir/cmd/weir/bench/figures"
)

// maxSample bounds what is kept of an answer that is an error, in bytes.
const maxSample = 512

// faults counts what went wrong. Its zero value is empty.
type faults struct {
	byKind map[string]int64 // by status, or "transport"
	sample string           // the first, for people
}

// status counts an answer that was no success.
func (f *faults) status(status int, body []byte) {
	f.add1(strconv.Itoa(status), fmt.Sprintf("status %d: %s", status, strings.TrimSpace(string(body))))
}

// transport counts a connection that failed.
func (f *faults) transport(err error) {
	f.add1("transport", err.Error())
}

func (f *faults) add1(kind, sample string) {
	if f.byKind == nil {
		f.byKind, f.sample = make(map[string]int64), sample
	}
	f.byKind[kind]++
}

func (f *faults) total() int64 {
	sum := int64(0)
	for _, n := range f.byKind {
		sum += n
	}
	return sum
}

// add adds the counts to the figures.
func (f *faults) add(s *figures.Sheet) {
	var parts []string
	for kind, n := range f.byKind {
		parts = append(parts, fmt.Sprintf("%s: %d", kind, n))
	}
	slices.Sort(parts)
	text := "none"
	if len(parts) > 0 {
		text = strings.Join(parts, ", ")
	}
	s.Count("errors", "", f.total())
	s.Counts("errors_by_kind", "errors", f.byKind, text)
}
