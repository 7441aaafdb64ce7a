package httpapi

import (
	"strconv"
	"strings"

	"github.com/weirstreams/weir/stream"
)

// pageTag is the ETag of a page: which stream (not which name), from where to
// where, and whether it tells of the tail or of the end (section 8.1). A page that
// was the last and is now followed by more has the same bytes, but a cache that
// was told so would go on saying that there is nothing behind them.
func pageTag(p *stream.Page) string {
	tag := `"` + strconv.FormatUint(p.ID, 36) + ":" + decimal(int64(p.From)) + ":" + decimal(int64(p.To))
	switch {
	case p.EOF:
		tag += ":c"
	case p.UpToDate:
		tag += ":t"
	}
	return tag + `"`
}

// headTag is the ETag of a stream as a whole.
func headTag(i *stream.Info) string {
	return pageTag(&stream.Page{Info: *i, To: i.Tail, UpToDate: true, EOF: i.Closed})
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
