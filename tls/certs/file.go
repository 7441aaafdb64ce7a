package certs

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Kind says what a file is for.
type Kind int

// The kinds are named like the fields of Files.
const (
	Cert Kind = iota
	Key
	ClientCA
)

// FileError is what is wrong with one of the files.
type FileError struct {
	Kind Kind
	Path string
	// Err says what is wrong and what is wanted, and nothing of a key.
	Err error
}

func (e *FileError) Error() string { return e.Path + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e *FileError) Unwrap() error { return e.Err }

// maxFile bounds a file, in bytes. A chain has some KiB; a list of all the public
// authorities would have a few hundred.
const maxFile = 1 << 20

// readFile returns the content of a file of bounded size. Pipes and devices are
// refused, since opening them may take for ever.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, unreadable(err)
	case !info.Mode().IsRegular():
		return nil, errors.New("is no regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, unreadable(err)
	case len(text) > maxFile:
		return nil, fmt.Errorf("is larger than %d bytes", maxFile)
	default:
		return text, nil
	}
}

// unreadable leaves out the path, which a FileError names.
func unreadable(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("cannot be read: %w; want it readable by the user that runs weir", err)
	}
	return fmt.Errorf("cannot be read: %w", err)
}

// parseCertificates returns the certificates of a PEM file, one at least, in their
// order. Blocks of other kinds are left out.
func parseCertificates(text []byte) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	rest := text
	for {
		block, behind := pem.Decode(rest)
		if block == nil {
			break
		}
		rest = behind
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(all)+1, err)
		}
		all = append(all, c)
	}
	switch {
	// The decoder passes over what it cannot read.
	case bytes.Contains(rest, []byte("-----BEGIN")):
		return nil, errors.New("holds a malformed PEM block; it may be half written")
	case len(all) == 0:
		return nil, errors.New("holds no certificate; want PEM, which begins with -----BEGIN CERTIFICATE-----")
	default:
		return all, nil
	}
}
