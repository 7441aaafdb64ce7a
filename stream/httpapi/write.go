package httpapi

import (
	"net/http"

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
	defer body.release()
	unwatched(r)
	res, err := h.engine.Append(&stream.AppendRequest{
		Name: name, Body: body.bytes(), ContentType: contentType,
		Producer: p, Seq: seq, Close: isTrue(r.Header, hClosed),
	})
	if err != nil {
		return err
	}
	h.appended(w, r, p, &res, len(body.bytes()) > 0)
	return nil
}

// appended answers an append that is accepted, or was before.
func (h *Handler) appended(w http.ResponseWriter, r *http.Request, p *store.ProducerAppend, res *stream.AppendResult, data bool) {
	a := h.answer(w, r)
	a.set(hCacheControl, noStore)
	a.offset(hNextOffset, res.Tail)
	if res.Closed {
		a.set(hClosed, "true")
	}
	status := http.StatusNoContent
	if p != nil {
		a.number(hProducerEpoch, p.Epoch)
		a.number(hProducerSeq, res.ProducerSeq)
		if !res.Duplicate && data {
			status = http.StatusOK
		}
	}
	a.send(status)
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
	defer body.release()
	unwatched(r)
	req.Body = body.bytes()
	info, created, err := h.engine.Create(&req)
	if err != nil {
		return err
	}
	a := h.answer(w, r)
	a.set(hContentType, info.ContentType)
	a.offset(hNextOffset, info.Tail)
	if info.Closed {
		a.set(hClosed, "true")
	}
	a.set(hCacheControl, noStore)
	if !created {
		a.send(http.StatusOK)
		return nil
	}
	scheme, host := h.clients.origin(r)
	a.set(hLocation, scheme, host, r.URL.EscapedPath())
	a.send(http.StatusCreated)
	return nil
}

// head serves HEAD: what a stream is, without renewing it.
func (h *Handler) head(w http.ResponseWriter, r *http.Request, name string) error {
	unwatched(r)
	info, err := h.engine.Head(name)
	if err != nil {
		return err
	}
	a := h.answer(w, r)
	a.set(hContentType, info.ContentType)
	a.offset(hNextOffset, info.Tail)
	a.set(hETag, headTag(&info))
	if info.Closed {
		a.set(hClosed, "true")
	}
	if info.TTL != stream.NoTTL {
		a.number(hTTL, info.TTL)
	}
	if info.ExpiresAt != "" {
		a.set(hExpiresAt, info.ExpiresAt)
	}
	a.set(hCacheControl, noStore)
	a.send(http.StatusOK)
	return nil
}

// delete serves DELETE.
func (h *Handler) delete(w http.ResponseWriter, r *http.Request, name string) error {
	unwatched(r)
	if err := h.engine.Delete(name); err != nil {
		return err
	}
	a := h.answer(w, r)
	a.set(hCacheControl, noStore)
	a.send(http.StatusNoContent)
	return nil
}
