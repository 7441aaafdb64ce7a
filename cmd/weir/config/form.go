package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/weirstreams/weir/store/acidstore"
)

// Longest texts that make sense: a name in the DNS, and a base path that leaves
// a request line room for the stream's own name.
const (
	maxHost     = 253
	maxLabel    = 63
	maxBasePath = 256
	maxInstance = 128
)

// formOf returns the rule of a named form. A name it does not know is a mistake
// in the struct, which no input can cause.
func formOf(name string) rule {
	switch name {
	case "host":
		return textRule(isHost, "a host name or an IP address, without a port")
	case "label":
		return textRule(isLabel, "at most 128 letters, digits and -._:")
	case "listen":
		return textRule(isListen, "host:port, such as 127.0.0.1:9437 or localhost:0")
	case "token":
		return textRule(isToken, "16 to 1024 visible ASCII characters without spaces")
	case "header":
		return textRule(isHeaderName, "the name of a header, such as X-Client-Subject")
	case "networks":
		return rule{
			want:  "a comma-separated list of addresses and networks such as 10.0.0.0/8",
			holds: func(reflect.Value) bool { return true }, // whatever parses
		}
	case "path":
		return textRule(isBasePath, "a path such as /v1/stream: at most 256 letters, digits and -._~ "+
			"between single slashes, none at the end, not under /healthz or /readyz")
	case "dir", "file":
		return textRule(isPrintable, "a path without control characters")
	case "origins":
		return rule{
			want:  "* or a comma-separated list of origins such as https://app.example.com",
			holds: func(v reflect.Value) bool { return areOrigins(v.Interface().([]string)) },
		}
	case "shards":
		return rule{
			want:  fmt.Sprintf("a power of two from 1 to %d", acidstore.MaxShards),
			holds: func(v reflect.Value) bool { return acidstore.ValidShards(int(v.Int())) == nil },
		}
	}
	r, ok := syncFormOf(name)
	if !ok {
		panic("internal error: form " + name + " does not exist")
	}
	return r
}

func textRule(holds func(string) bool, want string) rule {
	return rule{want: want, holds: func(v reflect.Value) bool { return holds(v.String()) }}
}

func isHost(s string) bool {
	if ip, err := netip.ParseAddr(s); err == nil {
		return onlyNameBytes(ip.Zone(), "-._") // a zone may hold anything, a line feed too
	}
	if len(s) > maxHost {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > maxLabel || !onlyNameBytes(label, "-_") {
			return false
		}
	}
	return true
}

func isLabel(s string) bool {
	return len(s) <= maxInstance && onlyNameBytes(s, "-._:")
}

// isToken accepts what a header can carry. Shorter ones could be guessed.
func isToken(s string) bool {
	const shortest, longest = 16, 1024
	return len(s) >= shortest && len(s) <= longest &&
		!strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

func isHeaderName(s string) bool {
	return len(s) <= maxLabel && onlyNameBytes(s, "-_")
}

// isBasePath refuses what a mux or a proxy could read in two ways, and the paths
// that the server answers itself.
func isBasePath(s string) bool {
	if len(s) > maxBasePath || !strings.HasPrefix(s, "/") {
		return false
	}
	parts := strings.Split(s[1:], "/")
	if parts[0] == "healthz" || parts[0] == "readyz" {
		return false
	}
	return !slices.ContainsFunc(parts, func(part string) bool {
		return part == "" || part == "." || part == ".." || !onlyNameBytes(part, "-._~")
	})
}

// areOrigins accepts * alone: beside it, other origins would have no effect, and
// whoever wrote them expects otherwise.
func areOrigins(origins []string) bool {
	if len(origins) == 1 && origins[0] == "*" {
		return true
	}
	return len(origins) > 0 && !slices.ContainsFunc(origins, func(s string) bool { return !isOrigin(s) })
}

// isOrigin accepts scheme://host[:port] and nothing after it, with at most one
// wildcard in the host.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	if err != nil || !strings.EqualFold(s, u.Scheme+"://"+u.Host) {
		return false
	}
	if strings.HasSuffix(u.Host, ":") {
		return false
	}
	return isHost(strings.Replace(u.Hostname(), "*", "x", 1))
}

func isPrintable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// onlyNameBytes reports whether s has only ASCII letters, digits and the bytes
// of extra.
func onlyNameBytes(s, extra string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		digit := c >= '0' && c <= '9'
		if !letter && !digit && strings.IndexByte(extra, c) < 0 {
			return false
		}
	}
	return true
}
