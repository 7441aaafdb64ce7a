package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
)

const appendHelp = `Appends each FILE, or standard input for - and when there is none, and prints the
offset at the end.

What fits one append is one, which is there whole or not at all. A stream of bytes
takes more of them: a FILE over --chunk goes in pieces, as do several FILEs. Each
piece is then numbered for the server, so that none is repeated however often it
has to be sent; --producer makes that so for a single append as well. To a JSON
stream a FILE is one document. With --lines each line is a message, and lines go
as they come.

` + naming

// appending is what the flags of append say.
type appending struct {
	contentType  string
	close, lines bool
	chunk        int
	id           string
	epoch, seq   int
}

func appendCommand(f *flags) work {
	a := &appending{}
	f.text(&a.contentType, "content-type", "", "the media `TYPE` of what is appended; when unset, the stream is asked")
	f.toggle(&a.close, "close", "close the stream behind it")
	f.toggle(&a.lines, "lines", "append line by line")
	f.size(&a.chunk, "chunk", 4<<20, 1, maxWhole, "the most that one append of bytes or lines has, a `SIZE`")
	f.text(&a.id, "producer", "", "number the appends as those of this producer, an `ID`")
	f.count(&a.epoch, "epoch", 0, "the producer's epoch, a `NUMBER`")
	f.count(&a.seq, "seq", 0, "the `NUMBER` of its first append")
	return a.run
}

func (a *appending) run(ctx context.Context, s *session) error {
	if a.id == "" && (a.epoch != 0 || a.seq != 0) {
		return misused("--epoch and --seq go with --producer")
	}
	url, err := s.stream(math.MaxInt32)
	if err != nil {
		return err
	}
	files := s.files()
	if len(files) == 0 {
		files = []string{standardInput}
	}
	if a.contentType == "" {
		h, err := s.head(ctx, url)
		if err != nil {
			return err
		}
		a.contentType = h.Get(hContentType)
	}
	w := a.writer(s, url)
	w.total = totalSize(files)
	defer w.shown.End()
	if len(files) > 1 || a.lines {
		w.number()
	}
	return w.finish(a.sendAll(ctx, s, w, files))
}

func (a *appending) writer(s *session, url string) *writer {
	w := &writer{session: s, url: url, contentType: a.contentType, shown: s.begin("appending")}
	if a.id != "" {
		w.producer = &producer{id: a.id, epoch: int64(a.epoch), seq: int64(a.seq)}
	}
	return w
}

// sendAll sends the files. When everything is one append, closing is part of it.
func (a *appending) sendAll(ctx context.Context, s *session, w *writer, files []string) error {
	single := len(files) == 1 && !a.lines
	for _, file := range files {
		if err := a.sendFile(ctx, s, w, file, single && a.close); err != nil {
			return err
		}
	}
	if a.close && !w.last.Closed {
		return w.send(ctx, nil, true)
	}
	return nil
}

func (a *appending) sendFile(ctx context.Context, s *session, w *writer, file string, closing bool) error {
	f, err := s.open(ctx, file)
	if err != nil {
		return err
	}
	defer f.Close()
	switch {
	case a.lines:
		err = a.sendLines(ctx, w, f)
	case isJSON(a.contentType):
		var body []byte
		if body, err = wholeOf(f, file); err == nil {
			err = w.send(ctx, body, closing)
		}
	default:
		err = a.sendChunks(ctx, w, f, closing)
	}
	if errors.Is(err, errEmpty) {
		err = fmt.Errorf("%s is empty, and there is no append of nothing", shownName(file))
	}
	return err
}

func (a *appending) sendLines(ctx context.Context, w *writer, r io.Reader) error {
	lines := newLineReader(r, isJSON(a.contentType), a.chunk)
	for {
		batch, err := lines.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := w.send(ctx, batch, false); err != nil {
			return err
		}
	}
}

func (a *appending) sendChunks(ctx context.Context, w *writer, r io.Reader, closing bool) error {
	// An empty file is a mistake, but the end of others may fall between chunks.
	for first := true; ; first = false {
		body, last, err := readChunk(r, a.chunk)
		if err != nil {
			return err
		}
		if last && len(body) == 0 && !first {
			return nil
		}
		if !last {
			w.number()
		}
		if err := w.send(ctx, body, last && closing); err != nil || last {
			return err
		}
	}
}
