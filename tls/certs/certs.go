// Package certs keeps the certificates of a TLS server: it loads them from files,
// refuses those that no client could accept, and follows the files, so that a
// renewed certificate is served without a restart.
//
// Start with Open, which returns a Keeper; its Config is for tls.NewListener.
// Connections keep what they began with. A replacement counts once the files have
// rested from one look to the next, so a pair of files that is written one after
// the other is judged when both are there. One that is not good is refused as it
// would be at start, the log says why, once, and what was good before stays.
//
// A Keeper may be used by many goroutines at once. It runs one of its own, from
// Open to Close.
package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
)

// Files says where the certificates are. All of them are in PEM.
type Files struct {
	// Cert holds the server's certificate and behind it those of its issuers.
	// Required.
	Cert string
	// Key holds the private key of the first certificate in Cert, without a
	// passphrase. Required.
	Key string
	// ClientCA holds the authorities of whose certificates clients must show one.
	// When it is empty clients are asked for none.
	ClientCA string
}

// Options set up a Keeper. nil and fields that are zero have the stated defaults.
type Options struct {
	// Interval is the time between two looks at the files. Default 2 s.
	Interval time.Duration
	// Log receives what becomes of replaced files, and warns of an expiry that is
	// near. Default: nothing.
	Log *zerolog.Logger
}

const defaultInterval = 2 * time.Second

// Keeper is a set of certificates that follows its files.
type Keeper struct {
	files  Files
	log    zerolog.Logger
	config *tls.Config
	set    atomic.Pointer[set] // replaced whole

	// Owned by the goroutine that watches: see watch.go.
	loaded    stamps    // the files that set was read from
	pending   stamps    // changed files that may still be changing
	complaint string    // what was last said of them
	reminded  time.Time // when the log last spoke of the expiry

	cancel  context.CancelFunc
	watched sync.WaitGroup
}

// Open loads the files and begins to follow them. An error that one of the files
// is to blame for is a *FileError.
func Open(files Files, o *Options) (*Keeper, error) {
	k := &Keeper{files: files, log: zerolog.Nop()}
	interval := defaultInterval
	if o != nil && o.Log != nil {
		k.log = *o.Log
	}
	if o != nil && o.Interval > 0 {
		interval = o.Interval
	}
	// Taken before the files are read, so that a change in between is seen.
	k.loaded = stampsOf(files)
	first, err := load(files)
	if err != nil {
		return nil, err
	}
	k.set.Store(first)
	k.config = &tls.Config{
		MinVersion:         tls.VersionTLS12,
		GetConfigForClient: k.configForClient,
	}
	ctx, cancel := context.WithCancel(context.Background())
	k.cancel = cancel
	k.watched.Go(func() { k.watch(ctx, interval) })
	return k, nil
}

// Check loads the files as Open does and returns the certificate that a server
// would show.
func Check(files Files) (*x509.Certificate, error) {
	s, err := load(files)
	if err != nil {
		return nil, err
	}
	return s.leaf, nil
}

// Config returns the configuration for a listener: TLS 1.2 and later, HTTP/2 and
// HTTP/1.1. The caller does not change it.
//
// Session tickets are left to crypto/tls. Their keys belong to this configuration,
// which stays, and not to those that it finds for each client: so sessions are
// resumed across a replacement. One that was begun with a client's certificate is
// resumed only if the authorities of now still vouch for it, which crypto/tls
// checks.
func (k *Keeper) Config() *tls.Config { return k.config }

func (k *Keeper) configForClient(*tls.ClientHelloInfo) (*tls.Config, error) {
	return k.set.Load().config, nil
}

// NotAfter returns when the certificate that is being shown expires.
func (k *Keeper) NotAfter() time.Time { return k.set.Load().leaf.NotAfter }

// Close ends the watching. The certificates stay as they are. It may be called
// twice.
func (k *Keeper) Close() {
	k.cancel()
	k.watched.Wait()
}
