package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
)

// piece bounds one append when a stream is filled, in bytes.
const piece = 1 << 20

// maxPage bounds one page when a stream is checked, in bytes.
const maxPage = 1 << 30

// content is what a stream was filled with: its length and checksum, in which the
// messages of a JSON stream have a comma behind each.
type content struct {
	json   bool
	length int64
	sum    uint32
}

func (c *content) add(p []byte) {
	c.length += int64(len(p))
	c.sum = crc32.Update(c.sum, crc32.MakeTable(crc32.Castagnoli), p)
}

// fill appends at least size bytes to a stream, or as many messages of message
// bytes if it is one of JSON.
func (r *run) fill(stream int, json bool, size, message int64) (content, error) {
	filled := content{json: json}
	random := rand.New(rand.NewPCG(uint64(stream), 3))
	kind := octets
	if json {
		kind = jsonText
	}
	for filled.length < size {
		var body []byte
		if json {
			body = messages(random, piece/int(message)+1, int(message))
			filled.add(append(body[1:len(body)-1:len(body)-1], ','))
		} else {
			body = make([]byte, min(piece, size-filled.length))
			fillRandom(random, body)
			filled.add(body)
		}
		if err := r.post(stream, kind, body); err != nil {
			return content{}, err
		}
	}
	return filled, nil
}

func fillRandom(random *rand.Rand, b []byte) {
	for i := range b {
		b[i] = byte(random.Uint32())
	}
}

// messages returns a JSON array of n strings, each of size bytes with its quotes
// and no two alike.
func messages(random *rand.Rand, n, size int) []byte {
	array := []byte{'['}
	for i := range n {
		if i > 0 {
			array = append(array, ',')
		}
		text := strconv.FormatUint(random.Uint64(), 16)
		array = append(append(array, '"'), text...)
		for range size - 2 - len(text) {
			array = append(array, '.')
		}
		array = append(array, '"')
	}
	return append(array, ']')
}

func (r *run) post(stream int, contentType string, body []byte) error {
	request, err := http.NewRequestWithContext(r.ctx, http.MethodPost, r.to.url(stream), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("fill a stream: %w", err)
	}
	request.Header.Set("Content-Type", contentType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("fill a stream: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		said, _ := io.ReadAll(io.LimitReader(response.Body, maxSample))
		return fmt.Errorf("fill a stream: %s: %s", response.Status, said)
	}
	return nil
}

// verify reads a stream whole, and returns an error unless it has that content.
func (r *run) verify(stream int, want content) error {
	got := content{json: want.json}
	offset := "-1"
	for upToDate := false; !upToDate; {
		page, header, err := get(r.ctx, r.to.url(stream)+"?offset="+url.QueryEscape(offset))
		if err != nil {
			return fmt.Errorf("check a stream: %w", err)
		}
		got.addPage(page)
		upToDate = header.Get("Stream-Up-To-Date") != ""
		next := header.Get("Stream-Next-Offset")
		if !upToDate && next == offset {
			return errors.New("check a stream: a page ends where it began")
		}
		offset = next
	}
	if got != want {
		return fmt.Errorf("check a stream: got %d bytes with the checksum %08x, want the %d with %08x that were appended",
			got.length, got.sum, want.length, want.sum)
	}
	return nil
}

// addPage adds the content of a page: all of it, or the messages in its array.
func (c *content) addPage(page []byte) {
	if !c.json {
		c.add(page)
		return
	}
	if inner := bytes.TrimSuffix(bytes.TrimPrefix(page, []byte{'['}), []byte{']'}); len(inner) > 0 {
		c.add(inner)
		c.add([]byte{','})
	}
}

func get(ctx context.Context, url string) (body []byte, header http.Header, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	body, err = io.ReadAll(io.LimitReader(response.Body, maxPage))
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %.*s", response.Status, maxSample, body)
	}
	return body, response.Header, err
}
