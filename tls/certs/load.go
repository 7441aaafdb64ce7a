package certs

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"time"
)

// set is what one state of the files amounts to. It is never changed.
type set struct {
	leaf   *x509.Certificate
	config *tls.Config
}

// load reads the files and verifies what can be verified without a client.
func load(files Files) (*set, error) {
	pair, err := loadPair(files)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"h2", "http/1.1"},
		Certificates: []tls.Certificate{pair},
	}
	if files.ClientCA != "" {
		if config.ClientCAs, err = loadAuthorities(files.ClientCA); err != nil {
			return nil, err
		}
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return &set{leaf: pair.Leaf, config: config}, nil
}

// loadPair reads the certificate and its key.
func loadPair(files Files) (tls.Certificate, error) {
	chain, err := readFile(files.Cert)
	if err != nil {
		return tls.Certificate{}, &FileError{Cert, files.Cert, err}
	}
	all, err := parseCertificates(chain)
	if err == nil {
		err = checkTime(all[0], time.Now())
	}
	if err != nil {
		return tls.Certificate{}, &FileError{Cert, files.Cert, err}
	}
	key, err := readFile(files.Key)
	if err != nil {
		return tls.Certificate{}, &FileError{Key, files.Key, err}
	}
	pair, err := tls.X509KeyPair(chain, key)
	if err != nil {
		err = fmt.Errorf("%w; want the private key, in PEM and without a passphrase, of the first certificate in %s", err, files.Cert)
		return tls.Certificate{}, &FileError{Key, files.Key, err}
	}
	pair.Leaf = all[0]
	return pair, nil
}

// checkTime refuses a certificate that clients would refuse now. Only the server's
// own is judged: a chain may well hold an expired one that clients do without.
func checkTime(c *x509.Certificate, now time.Time) error {
	switch {
	case now.After(c.NotAfter):
		return fmt.Errorf("the certificate expired on %s; want it renewed", date(c.NotAfter))
	case now.Before(c.NotBefore):
		return fmt.Errorf("the certificate is not valid before %s; want one that is valid now, or the clock of this machine set right", date(c.NotBefore))
	default:
		return nil
	}
}

func date(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 MST") }

// loadAuthorities reads the certificates that those of clients are checked
// against.
func loadAuthorities(path string) (*x509.CertPool, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, &FileError{ClientCA, path, err}
	}
	all, err := parseCertificates(text)
	if err != nil {
		return nil, &FileError{ClientCA, path, err}
	}
	pool := x509.NewCertPool()
	for _, c := range all {
		pool.AddCert(c)
	}
	return pool, nil
}
