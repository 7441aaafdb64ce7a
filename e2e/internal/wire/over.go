package wire

import "net/http"

// Over is New with a transport of the caller's, for TLS and HTTP/2. The client
// owns the transport from then on.
func Over(origin string, transport *http.Transport) *Client {
	return &Client{base: origin + "/v1/stream/", http: &http.Client{Transport: transport}}
}
