package httpapi

import (
	"net/http"
	"strconv"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/stream"
)

// append serves POST: add to a stream, close it, or both.
func (h *Handler) append(w http.ResponseWriter, r *http.Request, name string) error {
	p, err := producer(r.Header)
	if err != nil {
		return err
	}
	seq, err := sequence(r.Header)
	if err != nil {
		return err
	}
	contentType, _, err := single(r.Header, hContentType)
	if err != nil {
		return err
	}
	body, err := h.readBody(w, r)
	if err != nil {
		return err
	}
	defer freeBody(body)
	res, err := h.engine.Append(&stream.AppendRequest{
		Name: name, Body: *body, ContentType: contentType,
		Producer: p, Seq: seq, Close: isTrue(r.Header, hClosed),
	})
	if err != nil {
		return err
	}
	h.appended(w, r, p, &res, len(*body) > 0)
	return nil
}

// appended answers an append that is accepted, or was before.
func (h *Handler) appended(w http.ResponseWriter, r *http.Request, p *store.ProducerAppend, res *stream.AppendResult, data bool) {
	var buf [1024]byte
	lines := append(buf[:0], h.cors.fields...)
	if h.cors.needsRequest(r) {
		h.mark(w, r)
		lines = buf[:0]
	}
	lines = append(lines, "Cache-Control: no-store\r\n"...)
	lines = res.Tail.Append(append(lines, hNextOffset+": "...))
	lines = append(lines, "\r\n"...)
	if res.Closed {
		lines = append(lines, hClosed+": true\r\n"...)
	}
	status := http.StatusNoContent
	if p != nil {
		lines = strconv.AppendInt(append(lines, hProducerEpoch+": "...), p.Epoch, 10)
		lines = strconv.AppendInt(append(lines, "\r\n"+hProducerSeq+": "...), res.ProducerSeq, 10)
		lines = append(lines, "\r\n"...)
		if !res.Duplicate && data {
			status = http.StatusOK
		}
	}
	answerFields(w, r, status, lines)
}

// create serves PUT: make a stream, or find that it exists as asked.
func (h *Handler) create(w http.ResponseWriter, r *http.Request, name string) error {
	req := stream.CreateRequest{Name: name, Closed: isTrue(r.Header, hClosed)}
	var err error
	if req.TTL, req.ExpiresAt, err = lifetime(r.Header); err != nil {
		return err
	}
	if req.Fork, err = h.fork(r.Header); err != nil {
		return err
	}
	if req.ContentType, _, err = single(r.Header, hContentType); err != nil {
		return err
	}
	body, err := h.readBody(w, r)
	if err != nil {
		return err
	}
	defer freeBody(body)
	req.Body = *body
	info, created, err := h.engine.Create(&req)
	if err != nil {
		return err
	}
	hd := w.Header()
	set(hd, hContentType, info.ContentType)
	set(hd, hNextOffset, info.Tail.String())
	if info.Closed {
		hd[hClosed] = valTrue
	}
	hd[hCacheControl] = valNoStore
	if !created {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	set(hd, hLocation, location(r))
	w.WriteHeader(http.StatusCreated)
	return nil
}

// location is the URL that the client used, made absolute. A proxy that ends TLS
// in front of the server says so by X-Forwarded-Proto; only the client itself is
// told the result.
func location(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	host := r.Host
	if host == "" {
		host = "localhost" // HTTP/1.0 without a Host
	}
	return scheme + "://" + host + r.URL.EscapedPath()
}

// head serves HEAD: what a stream is, without renewing it.
func (h *Handler) head(w http.ResponseWriter, name string) error {
	info, err := h.engine.Head(name)
	if err != nil {
		return err
	}
	hd := w.Header()
	set(hd, hContentType, info.ContentType)
	set(hd, hNextOffset, info.Tail.String())
	set(hd, hETag, headTag(&info))
	if info.Closed {
		hd[hClosed] = valTrue
	}
	if info.TTL != stream.NoTTL {
		set(hd, hTTL, decimal(info.TTL))
	}
	if info.ExpiresAt != "" {
		set(hd, hExpiresAt, info.ExpiresAt)
	}
	hd[hCacheControl] = valNoStore
	w.WriteHeader(http.StatusOK)
	return nil
}

// delete serves DELETE.
func (h *Handler) delete(w http.ResponseWriter, name string) error {
	if err := h.engine.Delete(name); err != nil {
		return err
	}
	w.Header()[hCacheControl] = valNoStore
	w.WriteHeader(http.StatusNoContent)
	return nil
}
