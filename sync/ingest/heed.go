package ingest

import (
	"context"
	"errors"
	"time"

	"github.com/weirstreams/weir/sync/ingest/checks"
	"github.com/weirstreams/weir/sync/ingest/route"
)

// heed logs the findings and returns those that stand in the way. A slot that is lost
// does not, if the pipeline may begin anew: because of a setting, unless the slot is
// somebody else's, or because somebody asks for it, or because a temporary slot was
// bound to end.
func (s *session) heed(ctx context.Context, all []checks.Finding) error {
	s.p.state.found(all)
	var grave findings
	resync, anew, asked := false, false, s.p.orders.wantsResync()
	for _, f := range all {
		switch {
		case f.Then == checks.Warn || f.Then == checks.Wait:
			s.p.o.Log.Warn().Str("code", f.Code).Msg(f.Text)
		case f.Code == codeMissing && s.p.o.Temporary:
			s.p.o.Log.Warn().Msg("the temporary slot has ended with its connection: " + s.p.afterGap())
			anew = true
		case f.Then == checks.PerSetting && s.p.o.Resync && s.ours():
			s.p.o.Log.Warn().Str("code", f.Code).Msg(f.Text)
			resync = true
		case asked && (f.Then == checks.PerSetting || f.Code == codeOtherSystem):
			s.p.o.Log.Warn().Str("code", f.Code).Msg(f.Text)
		case f.Code == codeInUse && s.p.o.Takeover:
			s.p.o.Log.Warn().Str("code", f.Code).Msg(f.Text)
		default:
			grave = append(grave, f)
		}
	}
	if len(grave) > 0 {
		return grave
	}
	switch {
	case asked:
		return s.resyncAsked(ctx)
	case anew:
		return s.startOver(ctx, s.rec.Resyncs)
	case resync:
		return s.resync(ctx)
	}
	return nil
}

// copiesRows tells whether rows are copied that changes do not bring.
func (p *Pipeline) copiesRows() bool { return p.o.Copy.Mode != route.SnapshotNever }

// afterGap says what follows when changes are missing.
func (p *Pipeline) afterGap() string {
	if p.copiesRows() {
		return "everything is copied anew"
	}
	return "the changes in between are lost to the streams, as DS_SYNC__SNAPSHOT=never copies nothing"
}

// ours tells whether the slot is the pipeline's own, so that it may be replaced.
func (s *session) ours() bool { return s.rec.begun() || s.rec.Intent }

const (
	codeInUse   = "E106" // another connection reads the slot
	codeMissing = "E110" // the slot is gone
)

// maxResyncs is how often within a day a pipeline begins anew by itself.
const maxResyncs = 3

// errResyncs says that a slot is lost again and again.
var errResyncs = errors.New("the slot was lost more than 3 times in 24 hours; see why before you resync by hand")

// resync gives up what the slot stood for and begins anew.
func (s *session) resync(ctx context.Context) error {
	day := time.Now().Add(-24 * time.Hour).Unix()
	var recent []int64
	for _, at := range s.rec.Resyncs {
		if at > day {
			recent = append(recent, at)
		}
	}
	if len(recent) >= maxResyncs {
		return stop(errResyncs)
	}
	return s.startOver(ctx, append(recent, time.Now().Unix()))
}
