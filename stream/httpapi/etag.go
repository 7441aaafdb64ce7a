package httpapi

import (
	"strconv"
	"strings"

	"github.com/weirstreams/weir/stream"
)

// pageTag is the ETag of a page: which stream (not which name), from where to
// where, and whether it tells of the end (section 8.1).
func pageTag(p *stream.Page) string {
	tag := `"` + strconv.FormatUint(p.ID, 36) + ":" + decimal(int64(p.From)) + ":" + decimal(int64(p.To))
	if p.EOF {
		tag += ":c"
	}
	return tag + `"`
}

// headTag is the ETag of a stream as a whole.
func headTag(i *stream.Info) string {
	return pageTag(&stream.Page{Info: *i, To: i.Tail, EOF: i.Closed})
}

// matchesTag reports whether one of the If-None-Match values names the tag, by
// the weak comparison of RFC 9110, section 13.1.2.
func matchesTag(values []string, tag string) bool {
	for _, v := range values {
		for candidate := range strings.SplitSeq(v, ",") {
			candidate = strings.TrimSpace(candidate)
			if candidate == "*" || strings.TrimPrefix(candidate, "W/") == tag {
				return true
			}
		}
	}
	return false
}
