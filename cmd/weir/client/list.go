package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"text/tabwriter"
)

const listHelp = `Lists streams by name. It asks the server's admin listener, so --url is where that
is, such as http://127.0.0.1:9437; when it is unset, DS_ADMIN__LISTEN says so. The
token is taken from DS_ADMIN__TOKEN. With --json each stream is a line.`

// listPage is how many streams are asked for at once, which is the most that a
// server gives.
const listPage = 1000

func listCommand(f *flags) work {
	var prefix string
	f.text(&prefix, "prefix", "", "list the streams whose names begin with this `TEXT`")
	return func(ctx context.Context, s *session) error {
		if args := s.args(); len(args) > 0 {
			return misused("got the argument %q, want flags only, such as --prefix", args[0])
		}
		base, header, err := s.adminListener()
		if err != nil {
			return err
		}
		return s.list(ctx, base, header, prefix)
	}
}

// adminListener finds the listener and the header that it wants.
func (s *session) adminListener() (base string, h http.Header, err error) {
	address, token, err := s.env.Admin()
	if err != nil {
		return "", nil, &usageError{err.Error()}
	}
	if s.url != "" {
		address = s.url
	}
	if address == "" {
		return "", nil, misused("where is the admin listener? want its URL in --url, or DS_ADMIN__LISTEN as the server has it")
	}
	base, err = baseURL(address)
	if err != nil || token == "" || s.server.header.Get("Authorization") != "" {
		return base, nil, err
	}
	return base, http.Header{"Authorization": {"Bearer " + token}}, nil
}

// listed is a stream, as far as the table shows it.
type listed struct {
	Name        string `json:"name"`
	ContentType string `json:"content_type"`
	Tail        string `json:"tail"`
	Bytes       int64  `json:"bytes"`
	Closed      bool   `json:"closed"`
	ExpiresAt   string `json:"expires_at"`
	Subscribers int64  `json:"subscribers"`
	Damaged     bool   `json:"damaged"`
}

// list prints the list page by page, so that it may be of any length.
func (s *session) list(ctx context.Context, base string, header http.Header, prefix string) error {
	query := url.Values{"prefix": {prefix}, "limit": {strconv.Itoa(listPage)}}
	for first := true; ; first = false {
		a, err := s.server.ask(ctx, request{
			method: http.MethodGet, url: base + "/streams", header: header, query: query, repeatable: true,
		})
		if err != nil {
			return err
		}
		var page struct {
			Streams []json.RawMessage `json:"streams"`
			Next    string            `json:"next"`
		}
		if err := json.Unmarshal(a.body, &page); err != nil {
			return errors.New("the answer is no list of streams: does --url lead to the admin listener?")
		}
		out, err := s.listing(page.Streams, first)
		if err != nil {
			return err
		}
		if err := s.print(out); err != nil {
			return err
		}
		if page.Next == "" {
			return nil
		}
		if page.Next <= query.Get("after") {
			return errors.New("the server goes round in circles in its list")
		}
		query.Set("after", page.Next)
	}
}

// listing is a page as it is printed, under a heading if it is the first.
func (s *session) listing(streams []json.RawMessage, first bool) ([]byte, error) {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	if first && !s.json {
		fmt.Fprintln(w, "NAME\tTYPE\tBYTES\tTAIL\tSTATE\tREADERS\tEXPIRES")
	}
	for _, raw := range streams {
		if s.json {
			one, err := line(raw)
			if err != nil {
				return nil, err
			}
			b.Write(one)
			continue
		}
		var l listed
		if err := json.Unmarshal(raw, &l); err != nil {
			return nil, fmt.Errorf("read the list of streams: %w", err)
		}
		l.row(w)
	}
	if err := w.Flush(); err != nil {
		return nil, fmt.Errorf("lay out the list: %w", err)
	}
	return b.Bytes(), nil
}

func (l listed) row(w *tabwriter.Writer) {
	state, expires := "open", "never"
	switch {
	case l.Damaged:
		state = "damaged"
	case l.Closed:
		state = "closed"
	}
	if l.ExpiresAt != "" {
		expires = l.ExpiresAt
	}
	fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%d\t%s\n",
		oneLine(l.Name), oneLine(l.ContentType), l.Bytes, oneLine(l.Tail), state, l.Subscribers, oneLine(expires))
}
