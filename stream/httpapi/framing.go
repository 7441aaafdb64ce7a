package httpapi

import "net/http"

// endsConn reports whether a request must be the last of its connection, because
// somebody in front could think that its body ends elsewhere, and would take what
// follows for another client's (RFC 9112, section 6.1).
//
// That is so for a request with both Transfer-Encoding and Content-Length, and for
// one of HTTP/1.0 with Transfer-Encoding, which net/http reads as if it had none. By
// the time a handler sees them neither can be told from its honest kin: net/http has
// removed the field that it did not go by. So the kin is included, which costs who
// sends bodies in chunks, or speaks HTTP/1.0, a connection for each request.
func endsConn(r *http.Request) bool {
	if r.ProtoMajor != 1 {
		return false
	}
	return r.ProtoMinor == 0 || r.ContentLength < 0
}
