package ingest

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weirstreams/weir/sync/ingest/checks"
)

// errStuck says that the server cannot decode what the slot holds, because a
// publication did not exist when it was written. It hides the SQLSTATE, which means
// elsewhere that trying again is in vain: the next session's checks find out what has
// become of the publication.
var errStuck = errors.New("the slot holds changes from a time without the publication")

// undefinedObject is the SQLSTATE of a publication that is not there.
const undefinedObject = "42704"

// streamed notes it if a stream has ended in a way that streaming again cannot mend.
func (p *Pipeline) streamed(err error) error {
	server, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || server.Code != undefinedObject {
		return err
	}
	p.stuck = true
	return fmt.Errorf("%w: %v", errStuck, err)
}

// stuckSlot is what a session finds after one that was stuck, unless the checks have
// found a better reason. It is said once: whoever has the pipeline go on without a
// resync has it look at the stream again.
func (s *session) stuckSlot(found []checks.Finding) []checks.Finding {
	was := s.p.stuck
	s.p.stuck = false
	if !was || !s.rec.begun() {
		return found
	}
	for _, f := range found {
		if f.Then == checks.Stop || f.Then == checks.PerSetting {
			return found
		}
	}
	return append(found, checks.Stuck(s.p.o.Slot, s.p.o.Publications))
}
