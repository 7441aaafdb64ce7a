package dashboards_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
)

// scrapeTLS returns the metrics of a server that speaks TLS, to which nobody speaks.
func scrapeTLS(t *testing.T) string {
	t.Helper()
	s := server{mode: "memory", env: certificate(t)}
	cfg, admin := s.config(t)
	var log bytes.Buffer
	cmd := weirtest.Command(cfg)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	await(t, "http://"+admin+"/healthz", ended)
	text := ask(t, http.MethodGet, "http://"+admin+"/metrics", token)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatalf("server with TLS: %v\n%s", err, &log)
	}
	return text
}

// await returns when something answers at url, before the server has ended.
func await(t *testing.T, url string, ended <-chan error) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if answer, err := http.Get(url); err == nil {
			answer.Body.Close()
			return
		}
		select {
		case err := <-ended:
			t.Fatalf("server with TLS: it ended: %v", err)
		case <-tick.C:
		}
	}
}

// certificate makes one, and returns the variables that name it.
func certificate(t *testing.T) map[string]string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		DNSNames:     []string{"localhost"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(30 * 24 * time.Hour),
	}
	public, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"DS_TLS__CERT_PATH": pemFile(t, "CERTIFICATE", public),
		"DS_TLS__KEY_PATH":  pemFile(t, "PRIVATE KEY", private),
	}
}

func pemFile(t *testing.T, kind string, der []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "file.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
