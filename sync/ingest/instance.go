package ingest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/weirstreams/weir/sync/ingest/source"
)

// A pipeline whose streams end with the process cannot go on from the slot of an
// earlier one. If its slot is to outlive connections all the same, each process makes
// one of its own:
//
//	<slot>_<instance><proof>
//
// with 8 hexadecimal digits each, of a random number and of a digest of the pipeline's
// name and all that comes before. Nobody names a slot like that by chance: the name
// alone proves, to a process that remembers nothing, that a pipeline of this name has
// made it.

const (
	instanceDigits = 8
	maxSlotName    = 63
	suffixLen      = 1 + 2*instanceDigits
)

// instanceSlot returns the name of a new process' slot.
func instanceSlot(slot, pipeline string) (string, error) {
	if most := maxSlotName - suffixLen; len(slot) > most {
		return "", fmt.Errorf("slot %q: as the streams are kept in memory, a persistent slot's name gets a suffix: want %d bytes at most", slot, most)
	}
	var random [instanceDigits / 2]byte
	_, _ = rand.Read(random[:]) // never fails
	name := slot + "_" + hex.EncodeToString(random[:])
	return name + slotProof(name, pipeline), nil
}

// isInstanceSlot tells whether a name was made by instanceSlot.
func isInstanceSlot(name, slot, pipeline string) bool {
	if len(name) != len(slot)+suffixLen || !strings.HasPrefix(name, slot+"_") {
		return false
	}
	at := len(name) - instanceDigits
	return name[at:] == slotProof(name[:at], pipeline)
}

func slotProof(name, pipeline string) string {
	sum := sha256.Sum256([]byte(source.ApplicationName(pipeline) + "\x00" + name))
	return hex.EncodeToString(sum[:instanceDigits/2])
}

// leftoverTime bounds the wait for a slot whose reader has just ended.
const leftoverTime = 5 * time.Second

// dropLeftovers drops the slots of earlier processes, which nobody can go on from. The
// session has the pipeline's lock: a process that is still connected keeps its slot.
func (s *session) dropLeftovers(ctx context.Context) error {
	p := s.p
	if p.slotBase == "" || s.rec.begun() {
		return nil
	}
	names, err := source.SlotNames(ctx, s.control, p.slotBase+"_")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, leftoverTime)
	defer cancel()
	for _, name := range names {
		if name == p.o.Slot || !isInstanceSlot(name, p.slotBase, p.o.Source.Pipeline) {
			continue
		}
		dropped, err := source.DropIdleSlot(ctx, s.control, name)
		if err != nil {
			return err
		}
		if dropped {
			p.o.Log.Warn().Str("slot", name).Msg("dropped the slot of an earlier run of this pipeline: its streams were in memory and are gone, so everything is copied anew")
		}
	}
	return nil
}
