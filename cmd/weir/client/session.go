package client

import (
	"net/http"
	"strings"
	"time"
)

// general is what the flags say that all commands have.
type general struct {
	url               string
	json              bool
	headers           []string
	cacert, cert, key string
	timeout           time.Duration
	retries           int
}

func (g *general) register(f *flags) {
	f.text(&g.url, "url", "", "the `URL` of the stream, or what its NAME stands below; when unset, that of the server which DS_* variables configure")
	f.toggle(&g.json, "json", "print JSON objects, one a line")
	g.reach(f)
	f.duration(&g.timeout, "timeout", 30*time.Second, "how long the server may be silent, a `TIME`; in a live read a minute more")
}

// reach registers the flags that say how to get to a server.
func (g *general) reach(f *flags) {
	f.many(&g.headers, "header", "send this header too, such as 'Authorization: Bearer T'; @FILE reads `'K: V'` lines from a file, which other users cannot see; may be repeated")
	f.text(&g.cacert, "cacert", "", "trust the authorities in this PEM `FILE`, and no others")
	f.text(&g.cert, "cert", "", "show the client certificate in this PEM `FILE`")
	f.text(&g.key, "key", "", "the PEM `FILE` with its private key")
}

// session is one command line under way. One goroutine uses it.
type session struct {
	env Env
	general
	args   func() []string
	server *server
}

// connect makes ready to send requests.
func (s *session) connect() error {
	header, err := parseHeaders(s.headers)
	if err != nil {
		return err
	}
	transport, err := newTransport(s.general)
	if err != nil {
		return err
	}
	s.server = &server{
		transport: transport,
		header:    header,
		silence:   s.timeout,
		retries:   s.retries,
		pause:     s.env.pause,
	}
	if s.server.pause == nil {
		s.server.pause = sleep
	}
	return nil
}

// stream returns the URL of the stream that the command line means. It may have
// so many arguments after the name.
func (s *session) stream(more int) (string, error) {
	args := s.args()
	if more >= 0 && len(args) > 1+more {
		return "", misused("got the argument %q, want fewer", args[1+more])
	}
	base := s.url
	if base == "" {
		if len(args) == 0 || args[0] == itself {
			return "", misused("which stream? want its NAME, or its URL in --url")
		}
		var err error
		if base, err = s.env.Streams(); err != nil {
			return "", &usageError{err.Error()}
		}
	}
	if len(args) == 0 {
		return streamURL(base, itself)
	}
	return streamURL(base, args[0])
}

// files returns the arguments after the stream's name.
func (s *session) files() []string {
	args := s.args()
	return args[min(1, len(args)):]
}

// begin shows how far something is, when there is somebody to look.
func (s *session) begin(what string) Progress {
	if s.env.Progress == nil {
		return unseen{}
	}
	return s.env.Progress(what)
}

// unseen is progress that nobody looks at.
type unseen struct{}

func (unseen) At(_, _ int64) {}
func (unseen) End()          {}

// isJSON reports whether a content type makes a stream one of JSON messages.
func isJSON(contentType string) bool {
	return mediaType(contentType) == "application/json"
}

func mediaType(contentType string) string {
	media, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(media))
}

// isTrue reads a header that is true or absent.
func isTrue(h http.Header, name string) bool {
	return strings.EqualFold(h.Get(name), "true")
}
