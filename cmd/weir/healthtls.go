package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/tls/certs"
)

// A health check knows which certificate its server shows: that in the files, for
// it reads the same configuration. So it accepts no other, whoever signed it and
// for whatever name.
//
// When the files are not good, a server that runs has kept what was good before,
// and nobody but it knows what that was. It is alive all the same, and to restart
// it would end it, so this is a warning.
//
// Where clients need a certificate the check has none to show. Then it is enough
// that the server has shown its own and asks for ours.

// recheck is the time between two looks at a server that may be about to take up
// a replaced certificate.
const recheck = 200 * time.Millisecond

// errOther is the answer of a server that is not the configured one, or not yet.
var errOther = errors.New("the server shows another certificate than the one in DS_TLS__CERT_PATH; " +
	"it has not taken up that one, or another server listens there")

// checkEncrypted is checkHealth with TLS. The warning is about the certificates.
func checkEncrypted(ctx context.Context, cfg config.Config) (warning, err error) {
	for {
		own, unusable := certs.Check(certFiles(cfg.TLS))
		if unusable != nil {
			warning = fmt.Errorf("the server would not start with its certificates as they are: %w", namingVariable(unusable))
		} else {
			warning = nil
		}
		err = checkPinned(ctx, cfg, own)
		if !errors.Is(err, errOther) {
			return warning, err
		}
		select {
		case <-time.After(recheck):
		case <-ctx.Done():
			return warning, err
		}
	}
}

// checkPinned checks a server that shows the certificate own, or any if that is
// nil.
func checkPinned(ctx context.Context, cfg config.Config, own *x509.Certificate) error {
	var asked atomic.Bool // set by a goroutine of the transport
	err := checkHealth(ctx, cfg, &http.Transport{TLSClientConfig: &tls.Config{
		InsecureSkipVerify: true, // VerifyConnection is stricter
		VerifyConnection: func(state tls.ConnectionState) error {
			if own != nil && !state.PeerCertificates[0].Equal(own) {
				return errOther
			}
			return nil
		},
		// Called once the server's certificate was accepted.
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			asked.Store(true)
			return new(tls.Certificate), nil
		},
	}})
	if asked.Load() && cfg.TLS.ClientCAPath != "" {
		return nil
	}
	return err
}
