package main

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/tls/certs"
)

// What clients do in a handshake is not the server's trouble, and a load balancer
// that looks whether the port is open fills no log.
func TestHandshakeErrorsAreLoggedBelowWarnings(t *testing.T) {
	for message, level := range map[string]string{
		"http: TLS handshake error from 10.0.0.1:5: EOF":                                                             "debug",
		"http: TLS handshake error from 10.0.0.1:5: read tcp 10.0.0.2:4->10.0.0.1:5: read: connection reset by peer": "debug",
		"http: TLS handshake error from 10.0.0.1:5: tls: client didn't provide a certificate":                        "info",
		"http: panic serving 10.0.0.1:5: EOF":                                                                        "warn",
	} {
		var log bytes.Buffer
		if _, err := (serverErrors{zerolog.New(&log)}).Write([]byte(message + "\n")); err != nil {
			t.Errorf("write: got %v, want no error", err)
		}
		if !strings.HasPrefix(log.String(), `{"level":"`+level+`"`) {
			t.Errorf("log of %q: got %s, want level %s", message, log.String(), level)
		}
	}
}

func TestErrorsNameTheVariable(t *testing.T) {
	for kind, want := range map[certs.Kind]string{
		certs.Cert:     "DS_TLS__CERT_PATH=/f: cannot",
		certs.Key:      "DS_TLS__KEY_PATH=/f: cannot",
		certs.ClientCA: "DS_TLS__CLIENT_CA_PATH=/f: cannot",
	} {
		err := namingVariable(&certs.FileError{Kind: kind, Path: "/f", Err: errors.New("cannot be read")})
		if !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %q, want it to begin with %q", err, want)
		}
	}
	if err := namingVariable(fs.ErrClosed); err != fs.ErrClosed {
		t.Errorf("got %v, want an error without a file as it was", err)
	}
}
