package config

import (
	"errors"
	"net/url"
	"strings"
)

var errDSN = errors.New("not the address of a database")

// isDSN reports whether s is the address of a Postgres database in one of the two
// forms of libpq. Whoever connects looks at the rest.
func isDSN(s string) bool {
	_, err := maskDSN(s)
	return err == nil
}

// showDSN is s without its passwords. Of what is no address nothing is shown: who
// knows where its password begins.
func showDSN(s string) string {
	shown, err := maskDSN(s)
	if err != nil {
		return masked
	}
	return shown
}

// maskDSN returns a DSN with every password masked and everything else as it was.
func maskDSN(s string) (string, error) {
	if !isPrintable(s) {
		return "", errDSN
	}
	for _, scheme := range []string{"postgres://", "postgresql://"} {
		if rest, ok := strings.CutPrefix(s, scheme); ok {
			rest, err := maskURL(rest)
			return scheme + rest, err
		}
	}
	return maskKeywords(s)
}

// maskURL masks a URL behind its scheme. A password with marks that end it too soon
// must not be shown in part, so they are refused wherever they would be left over.
func maskURL(s string) (string, error) {
	address, query, hasQuery := strings.Cut(s, "?")
	authority, path, hasPath := strings.Cut(address, "/")
	if strings.Contains(s, "#") || strings.Contains(path+query, "@") {
		return "", errDSN
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		user, password, hasPassword := strings.Cut(authority[:i], ":")
		if _, err := url.PathUnescape(authority[:i]); err != nil {
			return "", errDSN
		}
		if hasPassword && password != "" {
			authority = user + ":" + masked + authority[i:]
		}
	}
	if hasPath {
		authority += "/" + path
	}
	if !hasQuery {
		return authority, nil
	}
	query, err := maskQuery(query)
	return authority + "?" + query, err
}

func maskQuery(query string) (string, error) {
	parts := strings.Split(query, "&")
	for i, part := range parts {
		key, value, ok := strings.Cut(part, "=")
		name, err := url.QueryUnescape(key)
		if !ok || err != nil {
			return "", errDSN
		}
		if isPasswordKey(name) && value != "" {
			parts[i] = key + "=" + masked
		}
	}
	return strings.Join(parts, "&"), nil
}

// isPasswordKey takes capitals too: libpq knows no such key, and whoever wrote them
// meant it all the same.
func isPasswordKey(key string) bool {
	return strings.EqualFold(key, "password") || strings.EqualFold(key, "sslpassword")
}

// maskKeywords masks the form key=value key='a value', in which a backslash takes
// the next byte as it is.
func maskKeywords(s string) (string, error) {
	var out strings.Builder
	rest := strings.TrimLeft(s, " ")
	if rest == "" {
		return "", errDSN
	}
	out.WriteString(s[:len(s)-len(rest)])
	for rest != "" {
		key, after, ok := strings.Cut(rest, "=")
		name := strings.TrimRight(key, " ")
		if !ok || name == "" || !onlyNameBytes(name, "_") {
			return "", errDSN
		}
		after = strings.TrimLeft(after, " ")
		end, err := endOfValue(after)
		if err != nil {
			return "", err
		}
		value, next := after[:end], strings.TrimLeft(after[end:], " ")
		head, gap := rest[:len(rest)-len(after)], after[end:len(after)-len(next)]
		if next != "" && gap == "" {
			return "", errDSN // something directly behind a closing quote
		}
		if isPasswordKey(name) && value != "" && value != "''" {
			value = masked
		}
		out.WriteString(head + value + gap)
		rest = next
	}
	return out.String(), nil
}

// endOfValue returns the length of the value that s begins with, quotes included.
func endOfValue(s string) (int, error) {
	quoted := strings.HasPrefix(s, "'")
	for i := min(1, len(s)); quoted && i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '\'':
			return i + 1, nil
		}
	}
	if quoted {
		return 0, errDSN
	}
	i := 0
	for ; i < len(s) && s[i] != ' '; i++ {
		if s[i] == '\\' {
			i++
		}
	}
	return min(i, len(s)), nil
}
