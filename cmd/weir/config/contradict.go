package config

import (
	"fmt"
	"slices"
)

// contradictions returns what is wrong between variables that are each right by
// themselves. Variables that already have a problem are left out: their values
// are not the ones that were meant.
func contradictions(cfg Config, found []Problem) []Problem {
	var more []Problem
	for _, p := range append([]Problem{
		directoryMissing(cfg.Storage), nameTooLong(cfg.Limits), halfTLS(cfg.TLS), clientsWithoutTLS(cfg.TLS), openAdmin(cfg.Admin),
	}, syncContradictions(cfg)...) {
		if p.Text != "" && !overlap(found, p) {
			more = append(more, p)
		}
	}
	return more
}

// directoryMissing is the problem of a mode on disk that has no directory,
// or the zero Problem.
func directoryMissing(s Storage) Problem {
	if !s.Mode.OnDisk() || s.DataDir != "" {
		return Problem{}
	}
	const mode, dir = "DS_STORAGE__MODE", "DS_STORAGE__DATA_DIR"
	return Problem{
		Names: []string{mode, dir},
		Text: fmt.Sprintf("%s=%s without %s: this mode keeps streams on disk, want the directory to keep them in",
			mode, quote(string(s.Mode)), dir),
	}
}

// nameTooLong is the problem of a name limit that no request could reach, or the
// zero Problem.
func nameTooLong(l Limits) Problem {
	if l.MaxStreamNameBytes < l.MaxHeaderBytes {
		return Problem{}
	}
	const name, header = "DS_LIMITS__MAX_STREAM_NAME_BYTES", "DS_LIMITS__MAX_HEADER_BYTES"
	return Problem{
		Names: []string{name, header},
		Text: fmt.Sprintf("%s=%s with %s=%s: a name is part of the request line, want the first below the second",
			name, l.MaxStreamNameBytes, header, l.MaxHeaderBytes),
	}
}

const certPath, keyPath, clientCAPath = "DS_TLS__CERT_PATH", "DS_TLS__KEY_PATH", "DS_TLS__CLIENT_CA_PATH"

// halfTLS is the problem of a certificate without its key or the other way round,
// or the zero Problem.
func halfTLS(t TLS) Problem {
	if (t.CertPath == "") == (t.KeyPath == "") {
		return Problem{}
	}
	set, missing := certPath, keyPath
	if t.CertPath == "" {
		set, missing = missing, set
	}
	return Problem{
		Names: []string{certPath, keyPath},
		Text:  fmt.Sprintf("%s without %s: want both for TLS, or neither for plain HTTP", set, missing),
	}
}

// clientsWithoutTLS is the problem of client certificates that nobody would ask
// for, or the zero Problem.
func clientsWithoutTLS(t TLS) Problem {
	if t.ClientCAPath == "" || t.CertPath != "" || t.KeyPath != "" {
		return Problem{}
	}
	return Problem{
		Names: []string{clientCAPath, certPath, keyPath},
		Text:  fmt.Sprintf("%s without %s and %s: clients show certificates over TLS only, want all three", clientCAPath, certPath, keyPath),
	}
}

// openAdmin is the problem of operators' figures that everybody could read, or the
// zero Problem.
func openAdmin(a Admin) Problem {
	if a.Listen == "" || a.Token != "" || isLoopback(a.Listen) {
		return Problem{}
	}
	const listen, token = "DS_ADMIN__LISTEN", "DS_ADMIN__TOKEN"
	return Problem{
		Names: []string{listen, token},
		Text:  fmt.Sprintf("%s=%s without %s: other machines can reach this address, want a token or a loopback address", listen, quote(a.Listen), token),
	}
}

// overlap reports whether a variable of p is already among the found problems.
func overlap(found []Problem, p Problem) bool {
	return slices.ContainsFunc(found, func(f Problem) bool {
		return slices.ContainsFunc(f.Names, func(name string) bool { return slices.Contains(p.Names, name) })
	})
}

// ineffective warns of variables that are right and do nothing, or more than may
// have been meant.
func ineffective(cfg Config) []string {
	var warnings []string
	if !cfg.Storage.Mode.OnDisk() && cfg.Storage.DataDir != "" {
		warnings = append(warnings, fmt.Sprintf("DS_STORAGE__DATA_DIR=%s has no effect with DS_STORAGE__MODE=%s: nothing is written to disk",
			quote(cfg.Storage.DataDir), quote(string(cfg.Storage.Mode))))
	}
	if cfg.Limits.RateIdentityHeader != "" && len(cfg.HTTP.TrustedProxies) == 0 {
		warnings = append(warnings, "DS_LIMITS__RATE_IDENTITY_HEADER has no effect without DS_HTTP__TRUSTED_PROXIES: anybody could send that header")
	}
	if slices.Contains(cfg.HTTP.CORSOrigins, "*") && !IsLoopbackHost(cfg.Server.Host) {
		warnings = append(warnings, fmt.Sprintf("DS_HTTP__CORS_ORIGINS=* with DS_SERVER__HOST=%s: the pages of every web site may use this server from the browsers that reach it",
			quote(cfg.Server.Host)))
	}
	return warnings
}
