package snapshot

import (
	"fmt"
	"strconv"
	"strings"
)

// seen is a Postgres snapshot as far as it tells which transactions it sees.
// Transactions have the 32-bit numbers of the replication stream, which are compared
// modulo 2^32, as Postgres does: of two, the earlier is less than 2^31 behind.
type seen struct {
	min, max uint32 // all before min have ended; none from max on had begun
	running  map[uint32]struct{}
	text     string // that of Postgres
	// unlisted is set if it may not see some between min and max of which nothing
	// tells: a standby lists none.
	unlisted bool
}

// parseSeen reads the text of a pg_snapshot: "min:max:running,running".
func parseSeen(text string) (seen, error) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return seen{}, fmt.Errorf("snapshot %.60q: want min:max:list", text)
	}
	s := seen{running: make(map[uint32]struct{}), text: text}
	lowest, err1 := strconv.ParseUint(parts[0], 10, 64)
	highest, err2 := strconv.ParseUint(parts[1], 10, 64)
	if err1 != nil || err2 != nil {
		return seen{}, fmt.Errorf("snapshot %.60q: want numbers", text)
	}
	s.min, s.max = uint32(lowest), uint32(highest)
	if parts[2] == "" {
		return s, nil
	}
	for _, one := range strings.Split(parts[2], ",") {
		n, err := strconv.ParseUint(one, 10, 64)
		if err != nil {
			return seen{}, fmt.Errorf("snapshot %.60q: want numbers", text)
		}
		s.running[uint32(n)] = struct{}{}
	}
	return s, nil
}

// exact tells whether sees knows of each transaction.
func (s *seen) exact() bool { return !s.unlisted || s.min == s.max }

// sees tells whether the snapshot is sure to see what a committed transaction has done.
func (s *seen) sees(xid uint32) bool {
	switch {
	case before(xid, s.min):
		return true
	case s.unlisted || !before(xid, s.max):
		return false
	}
	_, runs := s.running[xid]
	return !runs
}

func before(a, b uint32) bool { return int32(a-b) < 0 }
