package httpapi

import (
	"encoding/json"
	"net/http"
)

// healthz says that the process is alive and answers.
func (h *Handler) healthz(w http.ResponseWriter, r *http.Request) error {
	return h.status(w, r, http.StatusOK, map[string]string{"status": "alive"})
}

// readyz says whether the server takes changes, component by component.
func (h *Handler) readyz(w http.ResponseWriter, r *http.Request) error {
	parts := map[string]string{"storage": "ready", "server": "ready"}
	code := http.StatusOK
	if err := h.engine.Health(); err != nil {
		parts["storage"], code = err.Error(), http.StatusServiceUnavailable
	}
	if h.isDraining() {
		parts["server"], code = "draining", http.StatusServiceUnavailable
	}
	return h.status(w, r, code, parts)
}

func (h *Handler) status(w http.ResponseWriter, r *http.Request, code int, parts map[string]string) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return &problem{
			status: http.StatusMethodNotAllowed, slug: "method-not-allowed", allow: "GET, HEAD, OPTIONS",
			detail: "health is asked for by GET",
		}
	}
	b, err := json.Marshal(parts)
	if err != nil {
		return err
	}
	set(w.Header(), hContentType, "application/json")
	w.Header()[hCacheControl] = valNoStore
	w.WriteHeader(code)
	w.Write(append(b, '\n'))
	return nil
}
