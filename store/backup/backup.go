// Package backup turns the files that a store.Store gives out in a backup into a
// tar archive, an archive into a folder, and a folder into a data directory.
// Start with Write, NewFolder and Restore.
//
// A backup is the files of one tier as they lie in its data directory, lists of
// their checksums, and last of all BACKUP.json, which has the checksums of the
// lists. What ends before it, or differs from it anywhere, is no backup:
//
//	file/...  or  acid/...    the tier's files
//	sums/000001.sha256        SHA-256 and name of each of up to 1024 files, in
//	                          the lines that sha256sum reads
//	BACKUP.json               see Manifest
//
// The order in the archive is that of the store's files, with each list behind
// the last file in it. So neither side keeps more than one list in memory,
// however many streams there are.
package backup

import (
	"errors"
	"fmt"
	"strings"
)

const (
	manifestName = "BACKUP.json"
	sumsDir      = "sums"
	// listFiles is how many files a list has at most. Part of the format.
	listFiles = 1024
	// copyBytes is how much is read at once.
	copyBytes = 256 << 10
)

// ErrIncomplete: an archive or a folder has no BACKUP.json, or ends before it.
var ErrIncomplete = errors.New("the backup is incomplete")

// DamageError says that a file of a backup is not what was backed up.
type DamageError struct {
	File   string // within the backup
	Reason string
}

func (e *DamageError) Error() string { return fmt.Sprintf("%s is damaged: %s", e.File, e.Reason) }

const (
	maxNameBytes = 200
	maxNameParts = 6
)

// validName reports whether a file of a store can have this name: it stays within
// the folder that it is put into, needs no quoting anywhere, hides nothing, and
// is nothing of ours.
func validName(name string) bool {
	parts := strings.Split(name, "/")
	if len(name) > maxNameBytes || len(parts) < 2 || len(parts) > maxNameParts || parts[0] == sumsDir {
		return false
	}
	for _, part := range parts {
		if part == "" || part[0] == '.' || strings.Trim(part, letters) != "" {
			return false
		}
	}
	return true
}

// letters are what names of files are made of.
const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

// top is the first part of a name.
func top(name string) string {
	first, _, _ := strings.Cut(name, "/")
	return first
}
