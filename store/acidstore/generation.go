package acidstore

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/weirstreams/weir/store/internal/vfs"
)

const (
	// root is the tier's folder below the data directory.
	root     = "acid"
	lockFile = "LOCK"
	// building is the generation that is being made. It counts for nothing until
	// it is renamed.
	building = root + "/building"
	// generationPrefix begins the names of generations, and of nothing else.
	generationPrefix = "generation-"
)

// A generation is one complete set of shard files, in a folder of its own. The
// folder's name holds what must be known before a shard is opened, and appears by
// a rename when all files in it are complete and synced: so whatever generation
// can be seen is whole, and the highest one counts.
type generation struct {
	number uint64
	shards int
}

func (g generation) dir() string {
	return fmt.Sprintf("%s/%s%06d-shards-%d", root, generationPrefix, g.number, g.shards)
}

func (g generation) file(index int) string { return shardFile(g.dir(), index) }

func shardFile(dir string, index int) string { return fmt.Sprintf("%s/%03d.db", dir, index) }

// parseGeneration reads a folder's name; ok is false for any other name.
func parseGeneration(name string) (g generation, ok bool) {
	rest, found := strings.CutPrefix(name, generationPrefix)
	number, shards, split := strings.Cut(rest, "-shards-")
	if !found || !split {
		return g, false
	}
	n, err1 := strconv.ParseUint(number, 10, 64)
	s, err2 := strconv.Atoi(shards)
	g = generation{number: n, shards: s}
	return g, err1 == nil && err2 == nil && ValidShards(s) == nil && path.Base(g.dir()) == name
}

// current returns the generation that counts, and those before it, which a
// reshard that was cut short has left; ok is false when there is none.
func current(fsys vfs.FS) (g generation, older []generation, ok bool, err error) {
	names, err := fsys.List(root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return g, nil, false, fmt.Errorf("look into %s: %w", root, err)
	}
	for _, name := range names {
		next, is := parseGeneration(name)
		if !is && strings.HasPrefix(name, generationPrefix) {
			return g, nil, false, fmt.Errorf("the folder %s/%s has a name that no generation has: "+
				"give it back its own, or move it away", root, name)
		}
		if !is {
			continue
		}
		if ok && next.number == g.number {
			return g, nil, false, fmt.Errorf("%s has two generations of number %d, want one: "+
				"restore the whole data directory from a backup", root, g.number)
		}
		if ok && next.number < g.number {
			older = append(older, next)
			continue
		}
		if ok {
			older = append(older, g)
		}
		g, ok = next, true
	}
	return g, older, ok, nil
}

// publish makes the building folder, whose files are synced, the generation g.
func publish(fsys vfs.FS, g generation) error {
	if err := fsys.SyncDir(building); err != nil {
		return fmt.Errorf("sync %s: %w", building, err)
	}
	if err := fsys.Rename(building, g.dir()); err != nil {
		return fmt.Errorf("publish %s: %w", g.dir(), err)
	}
	if err := fsys.SyncDir(root); err != nil {
		return fmt.Errorf("sync %s: %w", root, err)
	}
	return nil
}

// clearBuilding makes the building folder empty.
func clearBuilding(fsys vfs.FS) error {
	if err := removeDir(fsys, building); err != nil {
		return err
	}
	if err := fsys.MkdirAll(building); err != nil {
		return fmt.Errorf("make %s: %w", building, err)
	}
	return nil
}

// removeDir removes a folder of files. One that is not there is no error.
func removeDir(fsys vfs.FS, dir string) error {
	names, err := fsys.List(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look into %s: %w", dir, err)
	}
	for _, name := range names {
		if err := fsys.Remove(path.Join(dir, name)); err != nil {
			return fmt.Errorf("remove %s: %w", name, err)
		}
	}
	if err := fsys.Remove(dir); err != nil {
		return fmt.Errorf("remove %s: %w", dir, err)
	}
	return nil
}

// MaxShards is the largest shard count.
const MaxShards = 256

// ValidShards returns an error that says what is allowed unless n is a power of
// two from 1 to MaxShards.
func ValidShards(n int) error {
	if n < 1 || n > MaxShards || n&(n-1) != 0 {
		return fmt.Errorf("got %d shards, want a power of two from 1 to %d", n, MaxShards)
	}
	return nil
}

// shardOf says which shard a stream belongs to: the lowest bits of the 64-bit
// FNV-1a hash of its name, folded once. It never changes; FORMAT.md has examples.
func shardOf(name string, shards int) int {
	h := uint64(14695981039346656037)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	return int((h ^ h>>32) & uint64(shards-1))
}
