package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// manifestFormat is the version of all that this package writes.
const manifestFormat = 1

// maxManifestBytes bounds BACKUP.json: a line of some 150 bytes for each list.
const maxManifestBytes = 64 << 20

// Manifest is the content of BACKUP.json.
type Manifest struct {
	Format int `json:"format"`
	// Mode is the storage mode that the streams were served in.
	Mode string `json:"mode"`
	// Made is when the backup began. All that was acknowledged before is in it.
	Made time.Time `json:"made"`
	// Server is the version of the program that made it.
	Server string `json:"server"`
	// Files and Bytes are of the tier's files alone.
	Files int64 `json:"files"`
	Bytes int64 `json:"bytes"`
	// Folders have to be there even when they are empty.
	Folders []string `json:"folders"`
	Lists   []List   `json:"lists"`
	// SHA256 is that of this file with an empty string in this place.
	SHA256 string `json:"sha256"`
}

// List is one list of checksums.
type List struct {
	Name   string `json:"name"`
	Files  int64  `json:"files"`
	Bytes  int64  `json:"bytes"` // of the files in it
	SHA256 string `json:"sha256"`
}

// encode returns the file, and fills in SHA256.
func (m *Manifest) encode() ([]byte, error) {
	m.SHA256 = ""
	b, err := m.marshal()
	if err != nil {
		return nil, err
	}
	m.SHA256 = hexSum(b)
	return m.marshal()
}

func (m *Manifest) marshal() ([]byte, error) {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", manifestName, err)
	}
	return append(b, '\n'), nil
}

// decodeManifest accepts exactly what encode makes.
func decodeManifest(b []byte) (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return m, &DamageError{manifestName, err.Error()}
	}
	if m.Format != manifestFormat {
		return m, fmt.Errorf("%s has format %d, this program reads format %d; use the program that made the backup",
			manifestName, m.Format, manifestFormat)
	}
	again := m
	if same, err := again.encode(); err != nil || !bytes.Equal(same, b) {
		return m, &DamageError{manifestName, "its checksum does not match"}
	}
	return m, m.check()
}

// check holds what a manifest says against itself.
func (m *Manifest) check() error {
	var files, bytes int64
	for i, l := range m.Lists {
		if l.Name != listName(i) || l.Files < 1 || l.Files > listFiles || l.Bytes < 0 {
			return &DamageError{manifestName, fmt.Sprintf("list %d is none", i+1)}
		}
		files += l.Files
		bytes += l.Bytes
	}
	if files != m.Files || bytes != m.Bytes {
		return &DamageError{manifestName, "its lists have other files than it says"}
	}
	for _, dir := range m.Folders {
		if !validName(dir) {
			return &DamageError{manifestName, fmt.Sprintf("no store has a folder %q", dir)}
		}
	}
	return nil
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
