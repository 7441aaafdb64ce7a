package e2e_test

import (
	"github.com/weirstreams/weir/e2e/internal/wire"
)

func (h *history) create(name string) {
	h.t.Helper()
	text, status := h.text(), h.model.statusCreate(name)
	resp := h.send(status, "PUT", name, wire.Header{"Content-Type": plainText}, text)
	if status == 201 {
		h.model.create(name, text, resp.Offset())
	}
}

func (h *history) appendTo(name, seq string) {
	h.t.Helper()
	header := wire.Header{"Content-Type": plainText}
	if seq != "" {
		header["Stream-Seq"] = seq
	}
	text := h.text()
	s, status := h.model.find(name)
	if status == 0 {
		status = s.statusAppend(seq)
	}
	resp := h.send(status, "POST", name, header, text)
	if status != 204 {
		return
	}
	s.grow(text, resp.Offset())
	if seq != "" {
		s.seq = seq
	}
}

// produceTo appends as an idempotent producer that may be fenced, repeat
// itself, or skip ahead.
func (h *history) produceTo(name string) {
	h.t.Helper()
	id := string(rune('p' + h.rand.IntN(2)))
	s, status := h.model.find(name)
	epoch, seq := h.rand.IntN(2), h.rand.IntN(2)
	if s != nil {
		last := s.producers[id]
		epoch = max(0, last.epoch+[]int{-1, 0, 0, 0, 0, 1}[h.rand.IntN(6)])
		seq = max(0, last.seq+[]int{-1, 0, 1, 1, 1, 2, -last.seq}[h.rand.IntN(7)])
		status = s.statusProducer(id, epoch, seq)
	}
	text := h.text()
	resp := h.send(status, "POST", name, producer(id, epoch, seq), text)
	if status == 200 {
		s.grow(text, resp.Offset())
		s.producers[id] = producerState{epoch, seq}
	}
}

// forkTo forks source at a point it once had its tail at. Names in use are left
// alone: what a repeated fork is compared with is a matter of its own.
func (h *history) forkTo(source, name string) {
	h.t.Helper()
	if h.model.streams[name] != nil || source == name {
		return
	}
	header := fork(source)
	status := h.model.statusFork(source)
	var at point
	if status == 201 {
		points := h.model.streams[source].points
		at = points[h.rand.IntN(len(points))]
		header["Stream-Fork-Offset"] = at.offset
	}
	h.send(status, "PUT", name, header, "")
	if status == 201 {
		h.model.fork(h.model.streams[source], name, at)
	}
}

func (h *history) close(name string) {
	h.t.Helper()
	s, status := h.model.find(name)
	if status == 0 {
		status, s.closed = 204, true
	}
	h.send(status, "POST", name, closing, "")
}

// remove deletes a stream and waits until every name it frees is free, which a
// server may take its time for.
func (h *history) remove(name string) {
	h.t.Helper()
	s, status := h.model.find(name)
	if status != 0 {
		h.send(status, "DELETE", name, nil, "")
		return
	}
	h.send(204, "DELETE", name, nil, "")
	for _, freed := range h.model.remove(s) {
		awaitStatus(h.api, 404, freed)
	}
}
