package main

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// refuseBrowsers keeps web pages away from what operators are served. A page may
// let a browser ask any address of this machine; that it comes from one shows in
// headers that pages cannot forge, or, when its own name has been made to lead
// here, in the name that is asked for. Where a token is required none of that is
// needed, as no page has it.
func refuseBrowsers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch site := r.Header.Get("Sec-Fetch-Site"); {
		case !isOwnHost(r.Host):
			http.Error(w, "the host has to be an IP address or localhost", http.StatusMisdirectedRequest)
		case r.Header["Origin"] != nil, site != "" && site != "none" && site != "same-origin":
			http.Error(w, "web pages are not served here", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// isOwnHost reports whether a Host header names an address, or localhost, which
// browsers look up nowhere.
func isOwnHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}
