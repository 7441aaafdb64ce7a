package certs_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// settle lets a keeper look often enough to take up a change.
func settle() {
	time.Sleep(5 * time.Second) // of the bubble's clock
	synctest.Wait()
}

// replaceBy moves new files over the old ones.
func (f folder) replaceBy(p *pair) {
	f.t.Helper()
	for path, text := range map[string][]byte{f.Cert: p.pem, f.Key: p.keyPEM} {
		f.write(path+".new", text)
		if err := os.Rename(path+".new", path); err != nil {
			f.t.Fatal(err)
		}
	}
}

// relink makes the files what Kubernetes makes of a secret: links into a folder
// that is itself a link, which replacing moves.
func (f *folder) relink(p *pair, generation string) {
	f.t.Helper()
	dir := filepath.Dir(f.Cert)
	version := filepath.Join(dir, generation)
	must := func(err error) {
		if err != nil {
			f.t.Fatal(err)
		}
	}
	must(os.Mkdir(version, 0o700))
	f.write(filepath.Join(version, "cert.pem"), p.pem)
	f.write(filepath.Join(version, "key.pem"), p.keyPEM)
	must(os.Symlink(generation, filepath.Join(dir, "..new")))
	must(os.Rename(filepath.Join(dir, "..new"), filepath.Join(dir, "..data")))
	for _, path := range []string{f.Cert, f.Key} {
		if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSymlink != 0 {
			continue
		}
		must(os.Remove(path))
		must(os.Symlink(filepath.Join("..data", filepath.Base(path)), path))
	}
}

func TestReplacedFilesAreTakenUp(t *testing.T) {
	ways := map[string]func(f *folder, p *pair){
		"in place":   func(f *folder, p *pair) { f.put(p) },
		"moved over": func(f *folder, p *pair) { f.replaceBy(p) },
		"link moved": func(f *folder, p *pair) { f.relink(p, p.cert.Subject.CommonName) },
	}
	for name, replace := range ways {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFolder(t, lasting(t, "first"))
				if name == "link moved" {
					f.relink(lasting(t, "first"), "first")
				}
				k, log := f.open(0)
				for _, next := range []*pair{lasting(t, "again"), issue(t, nil, "later", time.Now(), time.Now().AddDate(2, 0, 0))} {
					replace(&f, next)
					settle()
					if got := shown(t, k); got != next.cert.Subject.CommonName {
						t.Fatalf("shown: got %q, want %q; log:\n%s", got, next.cert.Subject.CommonName, log)
					}
					if got := k.NotAfter(); !got.Equal(next.cert.NotAfter) {
						t.Errorf("expiry: got %v, want %v", got, next.cert.NotAfter)
					}
				}
				if got := log.count("certificates were replaced"); got != 2 {
					t.Errorf("log: got %d replacements, want 2:\n%s", got, log)
				}
				k.Close() // a second one follows
			})
		})
	}
}

// A file that is changed so that its size and its times are as before is still
// another.
func TestSameSizeAndTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFolder(t, lasting(t, "first"))
		old, err := os.Stat(f.Key)
		if err != nil {
			t.Fatal(err)
		}
		k, log := f.open(0)
		f.write(f.Key, make([]byte, old.Size()))
		if err := os.Chtimes(f.Key, old.ModTime(), old.ModTime()); err != nil {
			t.Fatal(err)
		}
		settle()
		if log.count("not usable") != 1 || shown(t, k) != "first" {
			t.Errorf("log: got %q, want a word on the spoiled key", log)
		}
	})
}

func TestBrokenReplacementIsRefused(t *testing.T) {
	next, now := lasting(t, "next"), time.Now()
	spoil := map[string]func(f folder){
		"half written": func(f folder) { f.write(f.Cert, next.pem[:100]) },
		"key missing":  func(f folder) { f.write(f.Cert, next.pem) },
		"gone":         func(f folder) { os.Remove(f.Cert) },
		"expired":      func(f folder) { f.put(issue(t, nil, "past", now.AddDate(-60, 0, 0), now.AddDate(-50, 0, 0))) },
	}
	for name, spoil := range spoil {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFolder(t, lasting(t, "first"))
				k, log := f.open(0)
				spoil(f)
				for range 10 {
					settle()
				}
				if got := shown(t, k); got != "first" {
					t.Errorf("shown: got %q, want the one from before", got)
				}
				if got := log.count("not usable"); got != 1 {
					t.Errorf("log: got %d complaints, want 1:\n%s", got, log)
				}
				f.put(lasting(t, "second"))
				settle()
				if got := shown(t, k); got != "second" {
					t.Errorf("shown after it was mended: got %q, want the new one", got)
				}
			})
		})
	}
}

// A certificate that is not valid yet is taken up when it is.
func TestEarlyReplacement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFolder(t, lasting(t, "first"))
		k, log := f.open(0)
		f.put(issue(t, nil, "early", time.Now().Add(time.Minute), time.Now().AddDate(1, 0, 0)))
		settle()
		if got := shown(t, k); got != "first" {
			t.Errorf("shown: got %q, want the one from before", got)
		}
		time.Sleep(time.Minute)
		settle()
		if got := shown(t, k); got != "early" {
			t.Errorf("shown a minute later: got %q, want the new one", got)
		}
		if got := log.count("not usable"); got != 1 {
			t.Errorf("log: got %d complaints, want 1:\n%s", got, log)
		}
	})
}

func TestExpiryIsAnnounced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFolder(t, issue(t, nil, "short", time.Now(), time.Now().AddDate(0, 0, 9)))
		_, log := f.open(time.Minute)
		time.Sleep(47 * time.Hour)
		if log.String() != "" {
			t.Errorf("log more than a week before: got %q, want nothing", log)
		}
		time.Sleep(24 * time.Hour)
		if got := log.count(`"level":"warn"`); got != 1 {
			t.Errorf("log within the last week: got %d warnings, want 1: %s", got, log)
		}
		time.Sleep(6 * 24 * time.Hour)
		if got := log.count(`"level":"warn"`); got != 7 {
			t.Errorf("log in a week: got %d warnings, want 7: %s", got, log)
		}
		time.Sleep(24 * time.Hour)
		if log.count("has expired") != 1 {
			t.Errorf("log after the expiry: got %q, want it said", log)
		}
	})
}

// TestClientAuthorities: clients need a certificate of an authority in the file of
// now, those with a ticket from before too.
func TestClientAuthorities(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mine, yours := lasting(t, "mine"), lasting(t, "yours")
		client := issueClient(t, mine)
		f := newFolder(t, lasting(t, "server"))
		f.ClientCA = f.Cert + ".ca"
		f.write(f.ClientCA, mine.pem)
		k, log := f.open(0)

		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			config := &tls.Config{InsecureSkipVerify: true, MaxVersion: version}
			if _, err := handshake(t, k, config); err == nil {
				t.Errorf("%s without a certificate: got no error, want one", tls.VersionName(version))
			}
		}
		sessions := &tls.Config{
			InsecureSkipVerify: true, ServerName: "server",
			Certificates:       []tls.Certificate{client.presented},
			ClientSessionCache: tls.NewLRUClientSessionCache(4),
		}
		for i, resumed := range []bool{false, true} {
			state, err := handshake(t, k, sessions)
			if err != nil || state.DidResume != resumed {
				t.Errorf("handshake %d: got resumed %v, error %v; want %v", i, state.DidResume, err, resumed)
			}
		}
		f.put(lasting(t, "renewed"))
		settle()
		if state, err := handshake(t, k, sessions); err != nil || !state.DidResume {
			t.Errorf("after the renewal: got resumed %v, error %v; want the session resumed", state.DidResume, err)
		}

		f.write(f.ClientCA, yours.pem)
		settle()
		if state, err := handshake(t, k, sessions); err == nil {
			t.Errorf("after the authority was taken away: got no error (resumed %v), want one; log:\n%s", state.DidResume, log)
		}
		f.write(f.ClientCA, append(append([]byte{}, yours.pem...), mine.pem...))
		settle()
		if _, err := handshake(t, k, sessions); err != nil {
			t.Errorf("with both authorities: got %v, want no error", err)
		}
	})
}

func issueClient(t testing.TB, issuer *pair) *pair {
	return issue(t, issuer, "client", time.Now().Add(-time.Hour), time.Now().AddDate(0, 1, 0), x509.ExtKeyUsageClientAuth)
}

// TestShownIsTheLastGoodOne: whatever is done to the files, in whatever order, the
// certificate shown is that of the last state that rested and was good.
func TestShownIsTheLastGoodOne(t *testing.T) {
	pairs := make([]*pair, 4)
	from := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC) // before the bubble's clock
	for i := range pairs {
		pairs[i] = issue(t, nil, fmt.Sprint(i), from, from.AddDate(10, 0, 0))
	}
	rapid.Check(t, func(r *rapid.T) {
		steps := rapid.SliceOfN(rapid.SampledFrom([]string{"put", "move", "half", "gone", "mixed", "rest"}), 1, 10).Draw(r, "steps")
		which := rapid.SliceOfN(rapid.IntRange(0, len(pairs)-1), len(steps), len(steps)).Draw(r, "which")
		synctest.Test(t, func(t *testing.T) {
			f := newFolder(t, pairs[0])
			k, log := f.open(0)
			want, now, good := "0", "0", true
			for i, step := range steps {
				p := pairs[which[i]]
				switch step {
				case "put":
					f.put(p)
					now, good = fmt.Sprint(which[i]), true
				case "move":
					f.replaceBy(p)
					now, good = fmt.Sprint(which[i]), true
				case "half":
					f.write(f.Cert, p.pem[:len(p.pem)/2])
					good = false
				case "gone":
					os.Remove(f.Key)
					good = false
				case "mixed":
					f.write(f.Cert, p.pem)
					f.write(f.Key, pairs[(which[i]+1)%len(pairs)].keyPEM)
					good = false
				case "rest":
					settle()
					if good {
						want = now
					}
				}
				if got := shown(t, k); got != want {
					r.Fatalf("after %v of %v: got %q shown, want %q; log:\n%s", steps[:i+1], which, got, want, log)
				}
			}
		})
	})
}
