package flood_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/wire"
)

// smuggled is what no reading of a request's body may let out as a request.
const smuggled = "DELETE /v1/stream/victim HTTP/1.1\r\nHost: h\r\n\r\n"

// honest is sent behind everything. On a connection that goes on it is served, and
// its answer is 204.
const honest = "OPTIONS / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

// framing is a request whose end could be seen in several places.
type framing struct {
	name, raw string
	// want are the statuses of all answers. One alone means that the connection
	// was ended, and two that what was smuggled was read as a body.
	want []int
}

var (
	// accepted is an append and then the honest request: one reading, which
	// nginx has too, or nginx refuses what we read.
	accepted = []int{204, 204}
	// readAndEnded is an append, behind which the connection is ended.
	readAndEnded = []int{204}
	malformed    = []int{400}
	unsupported  = []int{501}
)

// TestFraming: a request has one end, or it is refused and its connection ended.
func TestFraming(t *testing.T) {
	s := start(t, "memory")
	s.create(t, "text", 0)
	s.create(t, "victim", 0)
	c := wire.New(s.URL(), 1)
	defer c.Close()
	for _, group := range [][]framing{lengths(), codings(), chunks(), lines(), unread()} {
		for _, f := range group {
			t.Run(f.name, func(t *testing.T) {
				if got := exchange(t, s, f.raw+honest); !slices.Equal(got, f.want) {
					t.Errorf("answers: got %v, want %v", got, f.want)
				}
				head, err := c.Do(t.Context(), wire.Request{Method: http.MethodHead, Stream: "victim"})
				if err != nil || head.Status != http.StatusOK {
					t.Errorf("the victim: got status %d, error %v, want 200", head.Status, err)
					s.create(t, "victim", 0)
				}
			})
		}
	}
}

// exchange sends bytes on one connection and returns the statuses of all answers.
// Refusals have to be problems like all others.
func exchange(t *testing.T, s *server, raw string) (statuses []int) {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	send(c, []byte(raw))
	c.(*net.TCPConn).CloseWrite()
	c.SetReadDeadline(time.Now().Add(patience))
	method, _, _ := strings.Cut(raw, " ")
	for r := bufio.NewReader(c); ; method = http.MethodOptions {
		resp, err := http.ReadResponse(r, &http.Request{Method: method})
		if err != nil {
			if err != io.ErrUnexpectedEOF {
				t.Errorf("read answer: %v", err)
			}
			return statuses
		}
		if resp.StatusCode == http.StatusContinue {
			continue
		}
		statuses = append(statuses, resp.StatusCode)
		if got := resp.Header.Get("Content-Type"); resp.StatusCode >= 400 && got != "application/problem+json" {
			t.Errorf("status %d: got content type %q, want a problem", resp.StatusCode, got)
		}
		io.Copy(io.Discard, resp.Body)
		if resp.Close {
			return statuses
		}
	}
}

// length is a header field that says how long the smuggled body is.
func length(format string) string { return fmt.Sprintf("Content-Length: "+format, len(smuggled)) }

// lengths are bodies of one length in one place, or refused.
func lengths() []framing {
	with := func(fields ...string) string { return post("text", strings.Join(fields, "\r\n")) + smuggled }
	return []framing{
		{"length", with(length("%d")), accepted},
		// RFC 9112, section 6.3: a list of equal lengths may be taken for one.
		{"equal lengths", with(length("%d"), length("%d")), accepted},
		{"equal lengths, other case", with(length("%d"), strings.ToLower(length("%d"))), accepted},
		{"length between blanks", with(length(" \t%d \t")), accepted},
		{"length with zeros", with(length("000%d")), accepted},
		{"list of equal lengths", with(length("%d, %[1]d")), malformed},
		{"conflicting lengths", with("Content-Length: 0", length("%d")), malformed},
		{"conflicting lengths, larger first", with(length("%d"), "Content-Length: 0"), malformed},
		{"equal in value only", with(length("%d"), length("0%d")), malformed},
		{"length with a plus", with(length("+%d")), malformed},
		{"negative length", with(length("-%d")), malformed},
		{"length in hexadecimal", with(length("0x%x")), malformed},
		{"length with an underscore", with("Content-Length: 4_7"), malformed},
		{"length and a word", with(length("%d bytes")), malformed},
		{"two numbers", with(length("0 %d")), malformed},
		{"fraction", with(length("%d.0")), malformed},
		{"length beyond 64 bits", with(length("184467440737095516%d")), malformed},
		{"length of nothing", with("Content-Length:"), malformed},
		{"full-width digits", with("Content-Length: ４７"), malformed},
		{"blank before the colon", with(length("%d")[:14] + " " + length("%d")[14:]), malformed},
		{"tab before the colon", with(length("%d")[:14] + "\t" + length("%d")[14:]), malformed},
		{"NUL in the name", with("Content-\x00Length: 0"), malformed},
		{"NUL behind the length", with(length("%d\x00")), malformed},
		{"bare CR before a length", with("X: y\r" + length("%d")), malformed},
		{"bare CR behind a length", with(length("%d\r")), malformed},
	}
}
