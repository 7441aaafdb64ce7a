package certs

import (
	"context"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// soon is how long before an expiry the log begins to warn of it.
	soon = 7 * 24 * time.Hour
	// reminder is how often it does so.
	reminder = 24 * time.Hour
)

// stamp tells one state of a file from another. The time of the last change to the
// inode is part of it: tools that copy a file with its times leave all the rest as
// it was, and so does a change of the permissions.
type stamp struct {
	device, inode    uint64
	size             int64
	written, changed unix.Timespec
}

// stamps are those of all three files; a file that is not there has the zero stamp.
type stamps [3]stamp

func stampsOf(files Files) stamps {
	var all stamps
	for i, path := range [...]string{files.Cert, files.Key, files.ClientCA} {
		var st unix.Stat_t
		// Symbolic links are followed: Kubernetes replaces secrets by moving one.
		if path == "" || unix.Stat(path, &st) != nil {
			continue
		}
		all[i] = stamp{st.Dev, st.Ino, st.Size, st.Mtim, st.Ctim}
	}
	return all
}

// watch looks at the files until ctx ends. Looking is robust where notices of the
// kernel are not: over links that are moved, network file systems, and folders
// that are replaced whole.
func (k *Keeper) watch(ctx context.Context, interval time.Duration) {
	k.remind()
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			k.look()
			k.remind()
		case <-ctx.Done():
			return
		}
	}
}

// look replaces the set when the files have changed, have rested since the last
// look, and are good. Those that are not are tried again, since time may mend
// them, as it does a certificate that is not valid yet.
func (k *Keeper) look() {
	now := stampsOf(k.files)
	switch now {
	case k.loaded:
		k.pending, k.complaint = stamps{}, ""
		return
	case k.pending:
	default:
		k.pending = now
		return
	}
	next, err := load(k.files)
	switch {
	case stampsOf(k.files) != now:
		// Changed while they were read: neither result means anything.
	case err != nil:
		k.complain(err)
	default:
		k.replace(next, now)
	}
}

// complain logs a reason once, however often it is found.
func (k *Keeper) complain(err error) {
	if k.complaint == err.Error() {
		return
	}
	k.complaint = err.Error()
	k.log.Error().Err(err).Time("not_after", k.NotAfter()).
		Msg("changed certificate files are not usable; those from before stay in use")
}

func (k *Keeper) replace(next *set, from stamps) {
	k.set.Store(next)
	k.loaded, k.pending, k.complaint, k.reminded = from, stamps{}, "", time.Time{}
	k.log.Info().Time("not_after", next.leaf.NotAfter).Strs("names", next.leaf.DNSNames).
		Msg("certificates were replaced")
}

// remind warns of an expiry, from a week before it, once a day.
func (k *Keeper) remind() {
	left := time.Until(k.NotAfter())
	if left > soon || !k.reminded.IsZero() && time.Since(k.reminded) < reminder {
		return
	}
	k.reminded = time.Now()
	if left <= 0 {
		k.log.Error().Time("not_after", k.NotAfter()).Msg("the certificate has expired; clients refuse it")
		return
	}
	k.log.Warn().Time("not_after", k.NotAfter()).Msg("the certificate expires soon; replace its files")
}
