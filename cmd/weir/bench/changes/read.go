package changes

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
)

// insertEvent is in every event of an inserted row once: a value cannot have it, as
// its quotes would be escaped.
var insertEvent = []byte(`"headers":{"operation":"insert"`)

// countEvents returns how many events of inserted rows a stream has, 0 if it is not
// there.
func countEvents(ctx context.Context, url string) (int, error) {
	n := 0
	for offset := "-1"; ; {
		page, next, err := readPage(ctx, url+"?offset="+offset)
		if err != nil {
			return n, err
		}
		n += bytes.Count(page, insertEvent)
		if next == "" {
			return n, nil
		}
		offset = next
	}
}

// readPage returns a page of a stream and the offset of the next one, "" if there is
// none.
func readPage(ctx context.Context, url string) (page []byte, next string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, "", fmt.Errorf("read stream: %w", err)
	}
	defer resp.Body.Close()
	if page, err = io.ReadAll(resp.Body); err != nil {
		return nil, "", fmt.Errorf("read stream: %w", err)
	}
	switch {
	case resp.StatusCode == http.StatusNotFound:
		return nil, "", nil
	case resp.StatusCode != http.StatusOK:
		return nil, "", fmt.Errorf("read stream: status %d: %s", resp.StatusCode, first(string(page), 200))
	case resp.Header.Get("Stream-Up-To-Date") == "true":
		return page, "", nil
	}
	return page, resp.Header.Get("Stream-Next-Offset"), nil
}
