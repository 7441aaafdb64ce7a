package bench

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// defaultPath is where streams are when the URL does not say: the path that the
// protocol's own tests use.
const defaultPath = "/v1/stream"

// target is the server and the streams that one run uses of it.
type target struct {
	addr netip.AddrPort
	host string // as the Host header has it
	path string // of the URL
	base string // of the streams of this run, up to their number
}

// newTarget reads the URL and finds the server's address. Streams are named by
// prefix, a name of this run, and a number.
func newTarget(rawURL, prefix string) (*target, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, &UsageError{fmt.Sprintf("--url %q: want a URL such as http://127.0.0.1:4437", rawURL)}
	}
	switch {
	case rawURL == "":
		return nil, &UsageError{"--url is missing: want the URL of the server, such as http://127.0.0.1:4437"}
	case u.Scheme == "https":
		return nil, &UsageError{"--url with https: only plain HTTP is measured; give the URL of the plain listener"}
	case u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.User != nil:
		return nil, &UsageError{fmt.Sprintf("--url %q: want http, a host and perhaps a path, and nothing else", rawURL)}
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	addr, err := net.ResolveTCPAddr("tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", u.Host, err)
	}
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	if path == "" {
		path = defaultPath
	}
	name := strconv.FormatInt(time.Now().UnixNano(), 36)
	return &target{addr: addr.AddrPort(), host: u.Host, path: path, base: path + "/" + prefix + name + "/"}, nil
}

// validPrefix reports whether a prefix can stand in a URL as it is.
func validPrefix(s string) bool {
	return len(s) <= 256 && strings.IndexFunc(s, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune("-._~/", c))
	}) < 0
}

// url returns the URL of a stream, for set-up calls by net/http.
func (t *target) url(stream int) string {
	return "http://" + t.host + t.base + strconv.Itoa(stream)
}

// template is a request with gaps for numbers: one after each piece but the last.
type template [][]byte

// request returns the template of requests with a body of that many bytes, the
// first gap being the number of the stream. Each of headers ends in the line's
// content; one that ends in a blank has a gap there.
func (t *target) request(method, contentType string, bodyBytes int, headers ...string) template {
	made := template{[]byte(method + " " + t.base)}
	rest := " HTTP/1.1\r\nHost: " + t.host + "\r\nContent-Type: " + contentType +
		"\r\nContent-Length: " + strconv.Itoa(bodyBytes) + "\r\n"
	for _, h := range headers {
		rest += h
		if strings.HasSuffix(h, " ") {
			made = append(made, []byte(rest))
			rest = ""
		}
		rest += "\r\n"
	}
	return append(made, []byte(rest+"\r\n"))
}

// fill appends the request to buf, with these numbers in its gaps.
func (t template) fill(buf []byte, numbers ...int64) []byte {
	for i, piece := range t {
		buf = append(buf, piece...)
		if i < len(numbers) {
			buf = strconv.AppendInt(buf, numbers[i], 10)
		}
	}
	return buf
}

// appendGet appends a GET request for the stream, with the query.
func (t *target) appendGet(buf []byte, stream int, query string, offset []byte) []byte {
	buf = append(append(buf, "GET "...), t.base...)
	buf = strconv.AppendInt(buf, int64(stream), 10)
	buf = append(append(append(buf, query...), "offset="...), offset...)
	buf = append(append(buf, " HTTP/1.1\r\nHost: "...), t.host...)
	return append(buf, "\r\n\r\n"...)
}
