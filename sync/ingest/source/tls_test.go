package source_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/weirstreams/weir/sync/ingest/pgtest"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// certificate writes a self-signed certificate for 127.0.0.1 and its key, such
// that the server may read both, and returns their paths.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	public, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "certificate")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: public}, key: {Type: "EC PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		give(t, path)
	}
	give(t, dir)
	return cert, key
}

// give makes the server's user the owner, where that is another one than ours.
func give(t *testing.T, path string) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	owner, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.Atoi(owner.Uid)
	if err == nil {
		err = os.Chown(path, uid, -1)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestStreamOverTLS(t *testing.T) {
	cert, key := certificate(t)
	s := pgtest.Start(t, pgtest.Options{
		Settings: map[string]string{"ssl": "on", "ssl_cert_file": cert, "ssl_key_file": key},
		HBA:      []string{"hostnossl all secure all reject"},
	})
	s.Exec(t, "create role secure login superuser", "create table t (id int primary key)", "create publication p for table t")
	open := func(options string) *source.Target {
		tgt, err := source.NewTarget(source.Options{URL: "postgres://secure@" + s.Addr() + "/postgres" + options, Pipeline: "tls"})
		if err != nil {
			t.Fatal(err)
		}
		return tgt
	}
	_, err := open("?sslmode=disable").Direct(within(t, 10*time.Second), source.ReadOnly)
	state(t, err, "28000")
	_, err = open("?sslrootcert=system").Direct(within(t, 10*time.Second), source.ReadOnly)
	if got := source.Classify(err); err == nil || got != source.Stop {
		t.Errorf("untrusted certificate: got %s of %v, want stop", got, err)
	}

	tgt := open("?sslmode=verify-full&sslrootcert=" + cert)
	from := slot(t, tgt, "over_tls").ConsistentPoint
	r, err := source.Start(within(t, 10*time.Second), replication(t, tgt),
		source.StartSpec{Slot: "over_tls", Publications: []string{"p"}, From: from})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	s.Exec(t, "insert into t select generate_series(1, 1000)")
	until(t, r, func(f source.Frame) bool { r.Confirm(f.End); return commit(f) })
	if err := r.Stop(within(t, 10*time.Second)); err != nil {
		t.Errorf("stop: %v", err)
	}
}
