package client

import (
	"net/url"
	"strings"

	"github.com/weirstreams/weir/limits"
)

// itself stands in place of a name when --url is the stream.
const itself = "."

// streamURL returns the URL of the stream of that name below base, escaped where
// a URL needs that. A percent sign is left as it is, so that names as the server
// lists them, where it begins an escape, lead to the same streams.
func streamURL(base, name string) (string, error) {
	root, err := baseURL(base)
	if err != nil || name == itself {
		return root, err
	}
	segments := strings.Split(name, "/")
	for i, s := range segments {
		segments[i] = strings.ReplaceAll(url.PathEscape(s), "%25", "%")
	}
	path := strings.Join(segments, "/")
	// The server has the last word. But what its rules refuse in any case never
	// leaves: a proxy might take x/../y for another stream.
	if _, err := (limits.Names{}).Parse(path); err != nil {
		return "", misused("name %q: %v", name, err)
	}
	return root + "/" + path, nil
}

// baseURL checks a URL and returns it without slashes at its end.
func baseURL(raw string) (string, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return "", misused("--url is no URL: want one such as http://127.0.0.1:4437/v1/stream")
	case u.User != nil:
		return "", misused("--url with a user or a password: give them with --header")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return "", misused("--url %q: want http or https and a host, such as http://127.0.0.1:4437/v1/stream", raw)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", misused("--url %q: want neither ? nor #", u.Scheme+"://"+u.Host+u.EscapedPath())
	}
	return u.Scheme + "://" + u.Host + strings.TrimRight(u.EscapedPath(), "/"), nil
}
