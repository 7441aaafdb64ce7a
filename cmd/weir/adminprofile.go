package main

import (
	"fmt"
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"github.com/weirstreams/weir/stream/httpapi/problem"
)

// maxProfile bounds how long a profile may be taken for.
const maxProfile = time.Minute

// addProfiles serves what go tool pprof asks for.
func addProfiles(mux *http.ServeMux) {
	for path, take := range map[string]http.HandlerFunc{
		"":        pprof.Index,
		"cmdline": pprof.Cmdline,
		"profile": pprof.Profile,
		"symbol":  pprof.Symbol,
		"trace":   pprof.Trace,
	} {
		mux.Handle("GET /debug/pprof/"+path, boundProfile(take))
	}
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
}

// boundProfile refuses a profile that takes too long. To the others pprof gives the
// time that they need, beyond what other answers have.
func boundProfile(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s := r.URL.Query().Get("seconds"); s != "" {
			seconds, err := strconv.ParseFloat(s, 64)
			if err != nil || !(seconds >= 0 && seconds <= maxProfile.Seconds()) {
				problem.Plain(w, http.StatusBadRequest, fmt.Sprintf("seconds is a number from 0 to %d", int(maxProfile.Seconds())))
				return
			}
		}
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
