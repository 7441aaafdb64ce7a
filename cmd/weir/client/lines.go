package client

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// lineBuffer is how much of the input is read at once, in bytes.
const lineBuffer = 1 << 20

// lineReader cuts input into batches of whole lines. A batch has the lines that
// are there already, so that nothing waits for lines to come.
type lineReader struct {
	r    *bufio.Reader
	json bool // each line is a message, and a batch is an array of them
	most int  // bytes of a batch
	line int  // number of the last line
	held []byte
}

func newLineReader(r io.Reader, json bool, most int) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, min(lineBuffer, most)), json: json, most: most}
}

// next returns the next batch, or io.EOF after the last.
func (l *lineReader) next() ([]byte, error) {
	var batch []byte
	for {
		line, err := l.take()
		if errors.Is(err, io.EOF) && len(batch) > 0 {
			return l.finish(batch), nil
		}
		if err != nil {
			return nil, err
		}
		if len(batch) > 0 && len(batch)+len(line)+len("[,]") > l.most {
			l.held = line
			return l.finish(batch), nil
		}
		batch = l.join(batch, line)
		if !l.ready() {
			return l.finish(batch), nil
		}
	}
}

func (l *lineReader) join(batch, line []byte) []byte {
	if !l.json {
		return append(batch, line...)
	}
	if len(batch) == 0 {
		batch = append(batch, '[')
	} else {
		batch = append(batch, ',')
	}
	return append(batch, line...)
}

func (l *lineReader) finish(batch []byte) []byte {
	if l.json {
		return append(batch, ']')
	}
	return batch
}

// ready reports whether there is a line that can be had without waiting.
func (l *lineReader) ready() bool {
	there, err := l.r.Peek(l.r.Buffered())
	return err == nil && bytes.IndexByte(there, '\n') >= 0
}

// take returns the next line that has something in it: of JSON, a checked message
// without the line feed.
func (l *lineReader) take() ([]byte, error) {
	if held := l.held; held != nil {
		l.held = nil
		return held, nil
	}
	for {
		line, err := l.read()
		if err != nil || !l.json {
			return line, err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		if !json.Valid(line) {
			return nil, fmt.Errorf("line %d is no JSON document", l.line)
		}
		return line, nil
	}
}

// read returns the next line with its line feed, which the last may lack.
func (l *lineReader) read() ([]byte, error) {
	var line []byte
	l.line++
	for {
		piece, err := l.r.ReadSlice('\n')
		line = append(line, piece...)
		switch {
		case len(line) > l.most:
			return nil, fmt.Errorf("line %d is over %d bytes: want a larger --chunk", l.line, l.most)
		case err == nil, errors.Is(err, io.EOF) && len(line) > 0:
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}
