package certs_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/tls/certs"
)

// pair is a certificate and its key.
type pair struct {
	cert      *x509.Certificate
	key       *ecdsa.PrivateKey
	pem       []byte
	keyPEM    []byte
	presented tls.Certificate
}

// issue makes a certificate for name that is valid from one instant to another,
// signed by issuer, or by itself when there is none.
func issue(t testing.TB, issuer *pair, name string, from, to time.Time, usage ...x509.ExtKeyUsage) *pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(time.Now().UnixNano()),
		Subject:               pkix.Name{CommonName: name},
		DNSNames:              []string{name},
		NotBefore:             from,
		NotAfter:              to,
		BasicConstraintsValid: true,
		IsCA:                  issuer == nil,
		ExtKeyUsage:           usage,
	}
	parent, signer := template, key
	if issuer != nil {
		parent, signer = issuer.cert, issuer.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	p := &pair{key: key}
	if p.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	p.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	p.keyPEM = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	p.presented = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	return p
}

// lasting is a self-signed certificate that outlives every test.
func lasting(t testing.TB, name string) *pair {
	return issue(t, nil, name, time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0))
}

// folder is a directory with the files of one server.
type folder struct {
	t testing.TB
	certs.Files
}

func newFolder(t testing.TB, p *pair) folder {
	dir := t.TempDir()
	f := folder{t, certs.Files{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}}
	f.put(p)
	return f
}

// write writes a file in place.
func (f folder) write(path string, text []byte) {
	f.t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// put writes a certificate and its key in place.
func (f folder) put(p *pair) {
	f.t.Helper()
	f.write(f.Cert, p.pem)
	f.write(f.Key, p.keyPEM)
}

// journal is a log that may be read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

// Write implements io.Writer.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// count returns how many times the log says something.
func (j *journal) count(what string) int { return strings.Count(j.String(), what) }

// open opens a keeper that ends with the test, and returns it with its log.
func (f folder) open(interval time.Duration) (*certs.Keeper, *journal) {
	f.t.Helper()
	log := new(journal)
	logger := zerolog.New(log)
	k, err := certs.Open(f.Files, &certs.Options{Interval: interval, Log: &logger})
	if err != nil {
		f.t.Fatalf("open: got %v, want no error", err)
	}
	f.t.Cleanup(k.Close)
	return k, log
}

// handshake lets a client of the given configuration meet a server, and returns
// what the client then knows of it, or why one of them ended it. The connection is
// a real one: both ends may write at once, which a pipe does not bear.
func handshake(t testing.TB, k *certs.Keeper, client *tls.Config) (tls.ConnectionState, error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	refused := make(chan error, 1)
	go func() { refused <- greet(l, k) }()
	near, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	conn := tls.Client(near, client)
	_, err = conn.Read(make([]byte, 1))
	if serverErr := <-refused; err == nil {
		err = serverErr
	}
	return conn.ConnectionState(), err
}

// greet takes one connection and writes a byte to it, which comes behind the
// tickets.
func greet(l net.Listener, k *certs.Keeper) error {
	far, err := l.Accept()
	if err != nil {
		return err
	}
	defer far.Close()
	_, err = tls.Server(far, k.Config()).Write([]byte("x"))
	return err
}

// shown returns the name in the certificate that a keeper shows.
func shown(t testing.TB, k *certs.Keeper) string {
	t.Helper()
	state, err := handshake(t, k, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatalf("handshake: got %v, want no error", err)
	}
	return state.PeerCertificates[0].Subject.CommonName
}
