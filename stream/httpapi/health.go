package httpapi

import (
	"encoding/json"
	"net/http"
)

// What a Component may say of itself. Everything but StatusReady makes the whole
// server not ready.
const (
	StatusReady    = "ready"
	StatusNotReady = "not ready"
	statusDraining = "draining"
)

// Component is what /readyz tells of one part of the server.
type Component struct {
	Status string `json:"status"`
	// Reason says why the part is not ready, and what to do. Anybody may read it, so
	// it names no internal path.
	Reason string `json:"reason,omitempty"`
	*Room
	// Pipelines are those of a part that brings changes in from elsewhere, by name.
	Pipelines map[string]Pipeline `json:"pipelines,omitempty"`
}

// Pipeline is how a pipeline is that brings changes in. Whether it goes on does not
// decide whether requests should be sent here.
type Pipeline struct {
	State string `json:"state"`
	// Code is that of the last thing that went wrong, if it has one. What it means is
	// for operators, who see more elsewhere.
	Code string `json:"last_error_code,omitempty"`
}

// Room is what is left on the file system of a part that keeps files.
type Room struct {
	FreeBytes int64 `json:"free_bytes"`
	// FreeInodes is how many files can still be made, nil on a file system that
	// has no such number.
	FreeInodes *int64 `json:"free_inodes,omitempty"`
}

// readiness is the whole answer of /readyz.
type readiness struct {
	Status     string               `json:"status"`
	Components map[string]Component `json:"components"`
}

// healthz says that the process is alive and answers.
func (h *Handler) healthz(w http.ResponseWriter, r *http.Request) error {
	return h.status(w, r, http.StatusOK, map[string]string{"status": "alive"})
}

// readyz says whether requests should be sent here, component by component.
func (h *Handler) readyz(w http.ResponseWriter, r *http.Request) error {
	answer, code := readiness{Status: StatusReady, Components: h.components()}, http.StatusOK
	for _, c := range answer.Components {
		if c.Status != StatusReady {
			answer.Status, code = StatusNotReady, http.StatusServiceUnavailable
		}
	}
	return h.status(w, r, code, answer)
}

// components asks every part how it is.
func (h *Handler) components() map[string]Component {
	parts := map[string]Component{"storage": {Status: StatusReady}, "server": {Status: StatusReady}}
	for name, ask := range h.opts.Components {
		parts[name] = ask()
	}
	if err := h.engine.Health(); err != nil {
		parts["storage"] = Component{Status: StatusNotReady, Reason: err.Error()}
	}
	if h.drain.retired.Load() {
		parts["server"] = Component{Status: statusDraining}
	}
	return parts
}

// Ready tells of each part of the server whether it is ready, by name.
func (h *Handler) Ready() map[string]bool {
	ready := make(map[string]bool)
	for name, c := range h.components() {
		ready[name] = c.Status == StatusReady
	}
	return ready
}

func (h *Handler) status(w http.ResponseWriter, r *http.Request, code int, answer any) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return &problem{
			status: http.StatusMethodNotAllowed, slug: "method-not-allowed", allow: "GET, HEAD, OPTIONS",
			detail: "health is asked for by GET",
		}
	}
	b, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	h.done(r, code)
	h.limitWrite(w, r)
	set(w.Header(), hContentType, "application/json")
	w.Header()[hCacheControl] = valNoStore
	w.WriteHeader(code)
	w.Write(append(b, '\n'))
	return nil
}
