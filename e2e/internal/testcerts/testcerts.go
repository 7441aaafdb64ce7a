// Package testcerts makes certificates for tests: an authority that nobody else
// trusts, and certificates for this machine that it signs.
//
// Start with NewAuthority. Keys are made anew each time and live as long as the
// test that made them.
package testcerts

import (
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
	"testing"
	"time"
)

// Authority signs certificates.
type Authority struct {
	pair Pair
}

// Pair is a certificate and its private key.
type Pair struct {
	Leaf *x509.Certificate
	// Cert and Key are in PEM.
	Cert, Key []byte

	key *ecdsa.PrivateKey
}

// Files says where a pair was written to.
type Files struct{ Cert, Key string }

// Validity is the time in which a certificate counts.
type Validity struct{ From, To time.Time }

// Now is a validity that began an hour ago and ends in a month.
func Now() Validity {
	return Validity{time.Now().Add(-time.Hour), time.Now().AddDate(0, 1, 0)}
}

// NewAuthority returns an authority of the given name.
func NewAuthority(t testing.TB, name string) *Authority {
	t.Helper()
	return &Authority{issue(t, nil, &x509.Certificate{
		Subject:  pkix.Name{CommonName: name},
		IsCA:     true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}, Now())}
}

// Issue signs a certificate of the given name for servers on this machine and for
// clients.
func (a *Authority) Issue(t testing.TB, name string, v Validity) Pair {
	t.Helper()
	return issue(t, &a.pair, &x509.Certificate{
		Subject:     pkix.Name{CommonName: name},
		DNSNames:    []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, v)
}

func issue(t testing.TB, issuer *Pair, template *x509.Certificate, v Validity) Pair {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Fatalf("make a certificate: %v", err)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	must(err)
	template.SerialNumber, template.NotBefore, template.NotAfter = serial, v.From, v.To
	template.BasicConstraintsValid = true
	parent, signer := template, key
	if issuer != nil {
		parent, signer = issuer.Leaf, issuer.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	must(err)
	leaf, err := x509.ParseCertificate(der)
	must(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	must(err)
	return Pair{
		Leaf: leaf,
		Cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		Key:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		key:  key,
	}
}

// PEM returns the authority's certificate.
func (a *Authority) PEM() []byte { return a.pair.Cert }

// File writes the authority's certificate into a folder of the test and returns
// the path.
func (a *Authority) File(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "authority.pem")
	write(t, path, a.PEM())
	return path
}

// Client returns the configuration of a client that trusts the authority and shows
// the given certificates.
func (a *Authority) Client(shown ...Pair) *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(a.pair.Leaf)
	config := &tls.Config{RootCAs: pool}
	for _, p := range shown {
		config.Certificates = append(config.Certificates, tls.Certificate{Certificate: [][]byte{p.Leaf.Raw}, PrivateKey: p.key})
	}
	return config
}

// Files writes the pair into a folder of the test.
func (p Pair) Files(t testing.TB) Files {
	t.Helper()
	dir := t.TempDir()
	f := Files{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	p.Replace(t, f)
	return f
}

// Replace moves the pair over what is in the files.
func (p Pair) Replace(t testing.TB, f Files) {
	t.Helper()
	for path, text := range map[string][]byte{f.Cert: p.Cert, f.Key: p.Key} {
		write(t, path+".new", text)
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
}

func write(t testing.TB, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
