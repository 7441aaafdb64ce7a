package client

import (
	"flag"
	"io"
	"net/http"
	"strings"
)

// Reach is how to get to a server, as the flags have it that say so for every command
// here. It is for other commands that write to a server.
type Reach struct {
	general
	set *flag.FlagSet
}

// NewReach registers the flags --url, --header, --cacert, --cert and --key for the
// command of a name.
func NewReach(name string) *Reach {
	r := &Reach{set: flag.NewFlagSet(name, flag.ContinueOnError)}
	r.set.SetOutput(io.Discard)
	f := &flags{set: r.set, general: &r.general}
	f.text(&r.url, "url", "", "the `URL` that the names of streams stand below, such as http://127.0.0.1:4437/v1/stream")
	r.reach(f)
	return r
}

// Flags describes the flags, for help and completion.
func (r *Reach) Flags() []Flag { return (&flags{set: r.set, general: &r.general}).describe() }

// Parse reads a command line and returns its arguments.
func (r *Reach) Parse(args []string) ([]string, error) {
	f := &flags{set: r.set, general: &r.general}
	err := f.parse(args)
	return f.args(), err
}

// URL is the server's, "" if the command line has none.
func (r *Reach) URL() string { return strings.TrimSuffix(r.url, "/") }

// Client returns what sends requests to the server, for so many at a time, and the
// headers that go with each.
func (r *Reach) Client(parallel int) (*http.Client, http.Header, error) {
	header, err := parseHeaders(r.headers)
	if err != nil {
		return nil, nil, err
	}
	transport, err := newTransport(r.general)
	if err != nil {
		return nil, nil, err
	}
	transport.MaxIdleConnsPerHost = parallel
	return &http.Client{Transport: transport}, header, nil
}
