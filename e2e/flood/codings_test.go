package flood_test

import "strings"

// oneChunk is a body of one byte.
const oneChunk = "1\r\nx\r\n0\r\n\r\n"

// codings are bodies in chunks, or in nothing that the server knows. Whether the
// request said a length as well can not be seen later, so every body in chunks is
// the last of its connection.
func codings() []framing {
	with := func(fields ...string) string {
		return post("text", strings.Join(fields, "\r\n")) + oneChunk + smuggled
	}
	long := "Content-Length: 200"
	return []framing{
		{"chunked", with("Transfer-Encoding: chunked"), readAndEnded},
		{"chunked, other case", with("transfer-encoding: CHUNKED"), readAndEnded},
		{"chunked between blanks", with("Transfer-Encoding:\t chunked\t "), readAndEnded},
		// RFC 9112, section 6.1: chunked it is, and the connection ends.
		{"chunked and length", with("Transfer-Encoding: chunked", long), readAndEnded},
		{"length and chunked", with(long, "Transfer-Encoding: chunked"), readAndEnded},
		{"chunked and a malformed length", with("Transfer-Encoding: chunked", "Content-Length: +1"), malformed},
		// Section 5.2: a folded line is one with its fold replaced by a space.
		{"chunked in a folded line", with("Transfer-Encoding:\r\n chunked"), readAndEnded},
		{"chunked and identity", with("Transfer-Encoding: chunked, identity"), unsupported},
		{"identity and chunked", with("Transfer-Encoding: identity, chunked"), unsupported},
		{"identity", with("Transfer-Encoding: identity", long), unsupported},
		{"xchunked", with("Transfer-Encoding: xchunked", long), unsupported},
		{"chunked twice", with("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), unsupported},
		{"chunked twice in a list", with("Transfer-Encoding: chunked, chunked"), unsupported},
		{"chunked, then unknown", with("Transfer-Encoding: chunked", "Transfer-Encoding: x"), unsupported},
		{"chunked with a parameter", with("Transfer-Encoding: chunked;q=1"), unsupported},
		{"chunked in quotes", with(`Transfer-Encoding: "chunked"`), unsupported},
		{"empty coding", with("Transfer-Encoding:", long), unsupported},
		{"vertical tab before chunked", with("Transfer-Encoding: \x0bchunked", long), malformed},
		{"NUL behind chunked", with("Transfer-Encoding: chunked\x00", long), malformed},
		{"blank before the colon of the coding", with("Transfer-Encoding : chunked", long), malformed},
		// HTTP/1.0 has no codings, so there is no body, or the length counts. What
		// else it could mean does not matter, since the connection ends.
		{"HTTP/1.0, chunked", http10(with("Connection: keep-alive", "Transfer-Encoding: chunked")), malformed},
		{"HTTP/1.0, chunked and length", http10(with("Connection: keep-alive", "Transfer-Encoding: chunked", "Content-Length: 11")), readAndEnded},
	}
}

func http10(raw string) string { return strings.Replace(raw, "HTTP/1.1", "HTTP/1.0", 1) }

// chunks are bodies in chunks that are not what they should be.
func chunks() []framing {
	with := func(body string) string { return post("text", chunked) + body + smuggled }
	return []framing{
		{"chunk with an extension", with("1;x=y\r\nx\r\n0\r\n\r\n"), readAndEnded},
		{"chunk with zeros", with("0001\r\nx\r\n0\r\n\r\n"), readAndEnded},
		{"blank behind a size", with("1 \r\nx\r\n0\r\n\r\n"), readAndEnded},
		{"trailer", with("1\r\nx\r\n0\r\nX: y\r\n\r\n"), readAndEnded},
		{"trailer that says a length", with("1\r\nx\r\n0\r\nContent-Length: 200\r\n\r\n"), readAndEnded},
		{"blank before a size", with(" 1\r\nx\r\n0\r\n\r\n"), malformed},
		{"size with 0x", with("0x1\r\nx\r\n0\r\n\r\n"), malformed},
		{"size with a plus", with("+1\r\nx\r\n0\r\n\r\n"), malformed},
		{"negative size", with("-1\r\nx\r\n0\r\n\r\n"), malformed},
		{"size with an underscore", with("0_1\r\nx\r\n0\r\n\r\n"), malformed},
		{"size of 64 bits", with("ffffffffffffffff\r\nx\r\n0\r\n\r\n"), malformed},
		{"size of more than 64 bits", with("10000000000000001\r\nx\r\n0\r\n\r\n"), malformed},
		{"no size", with("\r\nx\r\n0\r\n\r\n"), malformed},
		{"LF behind a size", with("1\nx\r\n0\r\n\r\n"), malformed},
		{"LF behind an extension", with("1;x\nx\r\n0\r\n\r\n"), malformed},
		{"CR within an extension", with("1;x\ry\r\nx\r\n0\r\n\r\n"), malformed},
		{"LF behind a chunk", with("1\r\nx\n0\r\n\r\n"), malformed},
		{"LF behind the last size", with("1\r\nx\r\n0\n\r\n"), malformed},
		{"chunk longer than its size", with("1\r\nxyz\r\n0\r\n\r\n"), malformed},
		{"malformed trailer", with("1\r\nx\r\n0\r\nno trailer\r\n\r\n"), malformed},
	}
}
