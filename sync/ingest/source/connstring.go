package source

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// parseURL parses a connection string and closes the gap that libpq's default
// leaves open: sslmode=prefer falls back to plain text without a word. For a
// host that is not this machine, an unset sslmode means require.
func parseURL(url string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, parseError(err)
	}
	if !fallsBackToPlain(&config.Config) {
		return config, nil
	}
	// Put in front, the default gives way to a mode that the string names.
	config, err = pgx.ParseConfig(withDefault(url, "sslmode=require"))
	if err != nil {
		return nil, parseError(err)
	}
	return config, nil
}

// parseError keeps the driver's words out of the message: a string that cannot
// be parsed cannot be searched for its password either. A file that could not
// be read is named, because its path is no secret and the reader needs it.
func parseError(err error) error {
	const form = "want postgres://user@host:port/database or host=... user=... dbname=..., and known values for sslmode, ports and limits"
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("connection string names a file that cannot be used: %w", path)
	}
	return errors.New("connection string not understood: " + form)
}

// fallsBackToPlain reports whether a remote host would be tried with TLS first
// and without it after.
func fallsBackToPlain(config *pgconn.Config) bool {
	if config.TLSConfig == nil && len(config.Fallbacks) == 0 {
		return false
	}
	secured := map[string]bool{config.Host: config.TLSConfig != nil}
	for _, fb := range config.Fallbacks {
		if fb.TLSConfig != nil {
			secured[fb.Host] = true
			continue
		}
		if secured[fb.Host] && !isLocal(fb.Host) {
			return true
		}
	}
	return false
}

// isLocal reports whether host cannot be anything but this machine.
func isLocal(host string) bool {
	if strings.HasPrefix(host, "/") || strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// withDefault puts a key=value in front of the settings of a connection
// string. A later setting of the same key wins.
func withDefault(url, setting string) string {
	_, rest, isURL := strings.Cut(url, "://")
	if !isURL || !strings.HasPrefix(url, "postgres") {
		return setting + " " + url
	}
	// The driver ends user and password at the first '@' before any '/', so a
	// '?' in front of that belongs to the password.
	after := 0
	if i := strings.IndexAny(rest, "@/"); i >= 0 && rest[i] == '@' {
		after = i + 1
	}
	query := strings.IndexByte(rest[after:], '?')
	if query < 0 {
		return url + "?" + setting
	}
	at := len(url) - len(rest) + after + query + 1
	if at == len(url) {
		return url + setting
	}
	return url[:at] + setting + "&" + url[at:]
}
