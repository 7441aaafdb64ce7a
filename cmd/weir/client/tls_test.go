package client_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/cmd/weir/client"
)

// newPair makes a certificate for itself and writes it and its key to files.
func newPair(t *testing.T) (certFile, keyFile string, cert *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return writePEM(t, "CERTIFICATE", der), writePEM(t, "PRIVATE KEY", secret), cert
}

func writePEM(t *testing.T, kind string, der []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestTLS(t *testing.T) {
	certFile, keyFile, cert := newPair(t)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Stream-Next-Offset", r.Proto)
	}))
	srv.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: x509.NewCertPool()}
	srv.TLS.ClientCAs.AddCert(cert)
	srv.EnableHTTP2 = true
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	caFile := writePEM(t, "CERTIFICATE", srv.Certificate().Raw)

	mutual := []string{"s", "--cacert", caFile, "--cert", certFile, "--key", keyFile}
	if got := good(t, srv.URL, "", "close", mutual...); got != "HTTP/1.1\n" {
		t.Errorf("with everything: got %q, want an answer by HTTP/1.1", got)
	}
	for _, tt := range []struct {
		name   string
		args   []string
		status int
		want   string
	}{
		{"unknown authority", []string{"s", "--cert", certFile, "--key", keyFile}, client.Unreachable, "certificate"},
		{"no client certificate", []string{"s", "--cacert", caFile}, client.Unreachable, "certificate required"},
		{"key missing", []string{"s", "--cert", certFile}, client.Usage, "--cert and --key go together"},
		{"no such file", []string{"s", "--cacert", caFile + "x"}, client.Usage, "no such file"},
		{"no authority", []string{"s", "--cacert", keyFile}, client.Usage, "no certificate"},
		{"mismatch", []string{"s", "--cert", caFile, "--key", keyFile}, client.Usage, "--key"},
	} {
		got := weir(context.Background(), srv.URL, "", "close", tt.args...)
		if got.status != tt.status || !strings.Contains(got.stderr, tt.want) || len(got.pauses) > 0 {
			t.Errorf("%s: got status %d, %q and pauses of %v, want %d, %q and none", tt.name, got.status, got.stderr, got.pauses, tt.status, tt.want)
		}
	}
}
