package certs_test

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/weirstreams/weir/tls/certs"
)

// TestBadFilesAreRefused: each error blames the right file and says what is wrong
// with it, and never what is in a key.
func TestBadFilesAreRefused(t *testing.T) {
	now := time.Now()
	good, other := lasting(t, "good"), lasting(t, "other")
	expired := issue(t, nil, "expired", now.AddDate(0, 0, -2), now.AddDate(0, 0, -1))
	early := issue(t, nil, "early", now.AddDate(0, 0, 1), now.AddDate(0, 0, 2))
	broken := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("no DER")})
	locked := pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("secret")})
	half := good.pem[:len(good.pem)/2]

	tests := []struct {
		name  string
		spoil func(f *folder)
		kind  certs.Kind
		want  string
	}{
		{"no certificate file", func(f *folder) { os.Remove(f.Cert) }, certs.Cert, "no such file"},
		{"no key file", func(f *folder) { os.Remove(f.Key) }, certs.Key, "no such file"},
		{"no authorities file", func(f *folder) { f.ClientCA = f.Cert + ".ca" }, certs.ClientCA, "no such file"},
		{"folder", func(f *folder) { f.Cert = filepath.Dir(f.Cert) }, certs.Cert, "no regular file"},
		{"device", func(f *folder) { f.Key = "/dev/zero" }, certs.Key, "no regular file"},
		{"huge", func(f *folder) { f.write(f.Cert, make([]byte, certs.MaxFile+1)) }, certs.Cert, "larger than"},
		{"empty", func(f *folder) { f.write(f.Cert, nil) }, certs.Cert, "no certificate"},
		{"no PEM", func(f *folder) { f.write(f.Cert, good.cert.Raw) }, certs.Cert, "no certificate"},
		{"half written", func(f *folder) { f.write(f.Cert, half) }, certs.Cert, "half written"},
		{"issuer half written", func(f *folder) { f.write(f.Cert, append(bytes.Clone(good.pem), half...)) }, certs.Cert, "half written"},
		{"no DER", func(f *folder) { f.write(f.Cert, append(bytes.Clone(good.pem), broken...)) }, certs.Cert, "certificate 2"},
		{"key for a certificate", func(f *folder) { f.write(f.Cert, good.keyPEM) }, certs.Cert, "no certificate"},
		{"certificate for a key", func(f *folder) { f.write(f.Key, good.pem) }, certs.Key, "private key, in PEM"},
		{"empty key", func(f *folder) { f.write(f.Key, nil) }, certs.Key, "private key, in PEM"},
		{"locked key", func(f *folder) { f.write(f.Key, locked) }, certs.Key, "without a passphrase"},
		{"another's key", func(f *folder) { f.write(f.Key, other.keyPEM) }, certs.Key, "does not match"},
		{"issuer first", func(f *folder) { f.write(f.Cert, append(bytes.Clone(other.pem), good.pem...)) }, certs.Key, "first certificate"},
		{"expired", func(f *folder) { f.put(expired) }, certs.Cert, "expired on " + date(expired.cert.NotAfter)},
		{"not yet valid", func(f *folder) { f.put(early) }, certs.Cert, "not valid before " + date(early.cert.NotBefore)},
		{"no authority", func(f *folder) { f.ClientCA = f.Key }, certs.ClientCA, "no certificate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFolder(t, good)
			tt.spoil(&f)
			k, err := certs.Open(f.Files, nil)
			if err == nil {
				k.Close()
				t.Fatal("open: got no error, want one")
			}
			var blamed *certs.FileError
			if !errors.As(err, &blamed) || blamed.Kind != tt.kind {
				t.Fatalf("open: got %#v, want a FileError of kind %d", err, tt.kind)
			}
			path := [...]string{f.Cert, f.Key, f.ClientCA}[tt.kind]
			if blamed.Path != path || !strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("open: got %q, want it to begin with %s and to contain %q", err, path, tt.want)
			}
			if _, err := certs.Check(f.Files); err == nil {
				t.Error("check: got no error, want that of open")
			}
		})
	}
}

func date(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// An unreadable file is said to be one, and who has to be able to read it.
func TestUnreadableFile(t *testing.T) {
	f := newFolder(t, lasting(t, "good"))
	if err := os.Chmod(f.Key, 0); err != nil {
		t.Fatal(err)
	}
	// Root may read every file, so nobody does it; the folders are open to all.
	for dir := filepath.Dir(f.Key); dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	err := asNobody(func() error {
		_, err := certs.Check(f.Files)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "readable by the user that runs weir") {
		t.Errorf("check: got %v, want it to say who has to read the file", err)
	}
}

// asNobody calls f while the kernel judges its file operations as those of a user
// without rights, if it would judge them as those of root.
func asNobody(f func() error) error {
	const nobody = 65534
	outcome := make(chan error)
	go func() {
		// Never unlocked, so that the thread ends with the goroutine.
		runtime.LockOSThread()
		if os.Geteuid() == 0 {
			if err := unix.Setfsuid(nobody); err != nil {
				outcome <- err
				return
			}
		}
		outcome <- f()
	}()
	return <-outcome
}

func TestHandshake(t *testing.T) {
	root := lasting(t, "root")
	server := issue(t, root, "weir.test", time.Now().Add(-time.Hour), time.Now().AddDate(0, 1, 0))
	f := newFolder(t, server)
	f.write(f.Cert, append(bytes.Clone(server.pem), root.pem...))
	k, _ := f.open(0)
	if got := k.NotAfter(); !got.Equal(server.cert.NotAfter) {
		t.Errorf("expiry: got %v, want %v", got, server.cert.NotAfter)
	}
	if leaf, err := certs.Check(f.Files); err != nil || !leaf.Equal(server.cert) {
		t.Errorf("check: got %v, error %v; want the server's certificate", leaf, err)
	}
	tests := []struct {
		offers   []string
		version  uint16
		want     string
		accepted bool
	}{
		{[]string{"h2", "http/1.1"}, tls.VersionTLS13, "h2", true},
		{[]string{"http/1.1"}, tls.VersionTLS13, "http/1.1", true},
		{[]string{"h2"}, tls.VersionTLS12, "h2", true},
		{nil, tls.VersionTLS12, "", true},
		{nil, tls.VersionTLS11, "", false},
	}
	for _, tt := range tests {
		state, err := handshake(t, k, &tls.Config{
			InsecureSkipVerify: true, NextProtos: tt.offers, MinVersion: tls.VersionTLS10, MaxVersion: tt.version,
		})
		if (err == nil) != tt.accepted {
			t.Errorf("%s: got error %v, want accepted %v", tls.VersionName(tt.version), err, tt.accepted)
		}
		if tt.accepted && (state.NegotiatedProtocol != tt.want || len(state.PeerCertificates) != 2) {
			t.Errorf("%s, offer %q: got %q and %d certificates, want %q and the whole chain of 2",
				tls.VersionName(tt.version), tt.offers, state.NegotiatedProtocol, len(state.PeerCertificates), tt.want)
		}
	}
}

func FuzzParseCertificates(f *testing.F) {
	good := lasting(f, "good")
	f.Add(good.pem)
	f.Add(append(bytes.Clone(good.pem), good.keyPEM...))
	f.Add(good.pem[:len(good.pem)-5])
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := certs.ParseCertificates(text)
		if (err == nil) != (len(all) > 0) {
			t.Fatalf("got %d certificates and error %v, want one of the two", len(all), err)
		}
		if err != nil {
			return
		}
		// What was read is all there is: written again and read again it is the same.
		var out []byte
		for _, c := range all {
			out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
		}
		again, err := certs.ParseCertificates(out)
		if err != nil || len(again) != len(all) {
			t.Fatalf("read again: got %d certificates and error %v, want %d", len(again), err, len(all))
		}
	})
}
