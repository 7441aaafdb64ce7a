package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/cmd/weir/metrics"
	"github.com/weirstreams/weir/tls/certs"
)

// encryption is how the public listener speaks: TLS with the certificates that it
// keeps, or plain HTTP when it keeps none.
type encryption struct{ keeper *certs.Keeper }

// openEncryption loads the certificates, if the configuration says that there are
// any, and follows their files until close.
func openEncryption(t config.TLS, log zerolog.Logger) (encryption, error) {
	if !t.Enabled() {
		return encryption{}, nil
	}
	keeper, err := certs.Open(certFiles(t), &certs.Options{Log: &log})
	if err != nil {
		return encryption{}, fmt.Errorf("load certificates: %w", namingVariable(err))
	}
	return encryption{keeper}, nil
}

// over returns the listener as clients meet it. l is that of plain connections,
// which keep what was set on them below TLS.
func (e encryption) over(l net.Listener) net.Listener {
	if e.keeper == nil {
		return l
	}
	return tls.NewListener(l, e.keeper.Config())
}

func (e encryption) close() {
	if e.keeper != nil {
		e.keeper.Close()
	}
}

// collectors are what the metrics say of the certificates.
func (e encryption) collectors() []prometheus.Collector {
	if e.keeper == nil {
		return nil
	}
	return []prometheus.Collector{metrics.NewCertificate(e.keeper.NotAfter)}
}

func certFiles(t config.TLS) certs.Files {
	return certs.Files{Cert: t.CertPath, Key: t.KeyPath, ClientCA: t.ClientCAPath}
}

// namingVariable puts in front of an error the variable that names the file to
// blame.
func namingVariable(err error) error {
	var file *certs.FileError
	if !errors.As(err, &file) {
		return err
	}
	variables := map[certs.Kind]string{
		certs.Cert:     "DS_TLS__CERT_PATH",
		certs.Key:      "DS_TLS__KEY_PATH",
		certs.ClientCA: "DS_TLS__CLIENT_CA_PATH",
	}
	return fmt.Errorf("%s=%w", variables[file.Kind], err)
}

// scheme is that of the public listener's addresses.
func scheme(t config.TLS) string {
	if t.Enabled() {
		return "https"
	}
	return "http"
}

// handshakeError reports whether a message of net/http is about a client that did
// not come through the handshake, and whether it did not even begin: that is how a
// load balancer looks whether the port is open, every few seconds.
func handshakeError(message string) (is, silent bool) {
	_, reason, is := strings.Cut(message, "TLS handshake error from ")
	return is, is && (strings.HasSuffix(reason, ": EOF") || strings.HasSuffix(reason, ": connection reset by peer"))
}
