package client

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"time"
)

// dialTimeout is how long a connection may take to be made.
const dialTimeout = 10 * time.Second

// newTransport makes the transport that the flags describe. Answers come as they
// are stored: it asks for no compression. Proxies are taken from the environment,
// which leaves out this machine. It speaks HTTP/1.1, which is enough for one request
// at a time, and says more clearly what is wrong with a certificate.
func newTransport(g general) (*http.Transport, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if g.cacert != "" {
		pool, err := readAuthorities(g.cacert)
		if err != nil {
			return nil, err
		}
		config.RootCAs = pool
	}
	if (g.cert == "") != (g.key == "") {
		return nil, misused("--cert and --key go together: got one of them")
	}
	if g.cert != "" {
		pair, err := tls.LoadX509KeyPair(g.cert, g.key)
		if err != nil {
			return nil, misused("--cert %s, --key %s: %v", g.cert, g.key, err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSClientConfig:     config,
		TLSHandshakeTimeout: dialTimeout,
		DisableCompression:  true,
	}, nil
}

func readAuthorities(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, misused("--cacert: %v", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, misused("--cacert %s: it holds no certificate in PEM", file)
	}
	return pool, nil
}
