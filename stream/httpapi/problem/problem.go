// Package problem refuses the requests of operators, wherever their pages come from.
// The protocol's own refusals have types, and are package httpapi's.
package problem

import (
	"encoding/json"
	"net/http"
)

// Plain answers with a problem (RFC 9457) that needs no type of its own: the status says
// which it is, and detail, unless it is "", what to change. Nothing may have been written
// before.
func Plain(w http.ResponseWriter, status int, detail string) {
	body, err := json.Marshal(struct {
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail,omitempty"`
	}{http.StatusText(status), status, detail})
	if err != nil {
		panic("internal error: a problem is always valid JSON: " + err.Error())
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(append(body, '\n'))
}
