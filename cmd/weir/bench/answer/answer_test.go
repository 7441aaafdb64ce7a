package answer_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/weirstreams/weir/cmd/weir/bench/answer"
)

// read feeds the input to a parser, step bytes at a time, and writes down what it
// finds: one line for each answer.
func read(input []byte, step int) (found string, err error) {
	var p answer.Parser
	var out strings.Builder
	var body []byte
	for len(input) > 0 {
		in := input[:min(step, len(input))]
		input = input[len(in):]
		for {
			part, piece, rest, err := p.Next(in)
			if err != nil {
				return out.String(), err
			}
			if part == answer.More {
				break
			}
			switch part {
			case answer.Header:
				body = nil
			case answer.Body:
				body = append(body, piece...)
			case answer.End:
				writeAnswer(&out, &p, body)
			}
			in = rest
		}
	}
	part, err := p.EOF()
	if part == answer.End {
		writeAnswer(&out, &p, body)
	}
	return out.String(), err
}

func writeAnswer(out *strings.Builder, p *answer.Parser, body []byte) {
	h := p.Head()
	fmt.Fprintf(out, "%d close=%t uptodate=%t next=%q body=%q\n", h.Status, h.Close, h.UpToDate, p.NextOffset(), body)
}

var answers = []struct {
	name, input, want string
	err               error
}{
	{"nothing", "", "", nil},
	{"no content", "HTTP/1.1 204 No Content\r\nStream-Next-Offset: 5\r\n\r\n",
		"204 close=false uptodate=false next=\"5\" body=\"\"\n", nil},
	{"length", "HTTP/1.1 200 OK\r\ncontent-length: 3\r\nSTREAM-UP-TO-DATE: true\r\n\r\nabc",
		"200 close=false uptodate=true next=\"\" body=\"abc\"\n", nil},
	{"empty body", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		"200 close=false uptodate=false next=\"\" body=\"\"\n", nil},
	{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n",
		"200 close=false uptodate=false next=\"\" body=\"abc0123456789\"\n", nil},
	{"until the end", "HTTP/1.1 200 OK\r\n\r\nabc", "200 close=true uptodate=false next=\"\" body=\"abc\"\n", nil},
	{"close", "HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
		"503 close=true uptodate=false next=\"\" body=\"x\"\n", nil},
	{"interim", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
		"204 close=false uptodate=false next=\"\" body=\"\"\n", nil},
	{"two", "HTTP/1.1 204 A\r\nStream-Next-Offset: 7\r\n\r\nHTTP/1.1 200 B\r\nContent-Length: 1\r\n\r\nx",
		"204 close=false uptodate=false next=\"7\" body=\"\"\n200 close=false uptodate=false next=\"\" body=\"x\"\n", nil},
	{"line feeds alone", "HTTP/1.1 204 A\nStream-Next-Offset: 7\n\n", "204 close=false uptodate=false next=\"7\" body=\"\"\n", nil},
	{"cut in the header", "HTTP/1.1 204 A\r\nStream", "", io.ErrUnexpectedEOF},
	{"cut in the body", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", "", io.ErrUnexpectedEOF},
	{"cut in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", "", io.ErrUnexpectedEOF},
}

func TestParser(t *testing.T) {
	for _, tt := range answers {
		for _, step := range []int{1, 2, 7, len(tt.input) + 1} {
			got, err := read([]byte(tt.input), step)
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("%s, %d bytes at a time: got %q, error %v, want %q, error %v", tt.name, step, got, err, tt.want, tt.err)
			}
		}
	}
}

func TestParserRefuses(t *testing.T) {
	for _, input := range []string{
		"SSH-2.0-OpenSSH\r\n",
		"HTTP/2 200 OK\r\n",
		"HTTP/1.1 2x4 OK\r\n",
		"HTTP/1.1 099 OK\r\n",
		"HTTP/1.1 20\r\n",
		"HTTP/1.1 200 OK\r\nno colon\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
		"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", answer.MaxLine),
		"HTTP/1.1 200 OK\r\n" + strings.Repeat("X: "+strings.Repeat("x", 1000)+"\r\n", answer.MaxHeader/1000+1),
		"HTTP/1.1 200 OK\r\nStream-Next-Offset: " + strings.Repeat("1", answer.MaxOffset+1) + "\r\n",
	} {
		if got, err := read([]byte(input), len(input)); err == nil || errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%.60q: got %q, error %v, want it refused", input, got, err)
		}
	}
}

// FuzzParser holds that it makes no difference in which pieces bytes arrive, and
// that bodies are no more than what came.
func FuzzParser(f *testing.F) {
	for _, tt := range answers {
		f.Add([]byte(tt.input), uint8(1))
	}
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\nabc"), uint8(9))
	f.Fuzz(func(t *testing.T, input []byte, step uint8) {
		whole, wholeErr := read(input, len(input)+1)
		pieces, piecesErr := read(input, int(step)+1)
		if whole != pieces || fmt.Sprint(wholeErr) != fmt.Sprint(piecesErr) {
			t.Errorf("in pieces of %d: got %q, error %v, want %q, error %v as in one", int(step)+1, pieces, piecesErr, whole, wholeErr)
		}
	})
}

func TestParserAllocatesNothing(t *testing.T) {
	input := []byte("HTTP/1.1 204 No Content\r\nStream-Next-Offset: 0000000000000000_0000000000000003\r\n\r\n")
	var p answer.Parser
	allocs := testing.AllocsPerRun(100, func() {
		in := input
		for part := answer.Header; part != answer.More; {
			var err error
			if part, _, in, err = p.Next(in); err != nil {
				t.Fatal(err)
			}
		}
	})
	if allocs != 0 || !bytes.HasSuffix(p.NextOffset(), []byte("_0000000000000003")) {
		t.Errorf("got %v allocations an answer and the offset %q, want none and the one sent", allocs, p.NextOffset())
	}
}
