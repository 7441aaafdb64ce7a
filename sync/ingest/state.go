package ingest

import (
	"cmp"
	"sync"
	"time"

	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/checks"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/monitor"
	"github.com/weirstreams/weir/sync/ingest/source"
	"github.com/weirstreams/weir/sync/ingest/watch"
)

// State is what a pipeline is doing.
type State string

// The states.
const (
	StateConnecting State = "connecting"
	StateCopying    State = "copying"
	StateStreaming  State = "streaming"
	StatePaused     State = "paused"
	StateFailed     State = "failed"  // somebody has to mend something
	StateStopped    State = "stopped" // it was told to end
)

// Status describes a pipeline at one instant.
type Status struct {
	Pipeline string    `json:"pipeline"`
	State    State     `json:"state"`
	Since    time.Time `json:"since"`
	Slot     string    `json:"slot"`
	// Received is the highest LSN seen, Handled is behind the last transaction that
	// was made into appends, Confirmed is before what Postgres still keeps for us.
	Received  lsn.LSN `json:"received_lsn"`
	Handled   lsn.LSN `json:"handled_lsn"`
	Confirmed lsn.LSN `json:"confirmed_lsn"`
	// Lag is how long the last heartbeat took to come back; 0 before the first.
	Lag        time.Duration    `json:"lag_ns"`
	Beat       time.Time        `json:"last_heartbeat"`
	Reconnects map[string]int64 `json:"reconnects"`
	LastError  string           `json:"last_error,omitempty"`
	// LastCode is that of a check or a SQLSTATE, if the last error has one.
	LastCode string          `json:"last_code,omitempty"`
	Findings []Finding       `json:"findings,omitempty"`
	Counts   assemble.Counts `json:"counts"`
	// Row is what the server says of the slot; nil before the first look, and when
	// there is no such slot.
	Row *source.SlotRow `json:"slot_row,omitempty"`
	// Server is what the server said when somebody looked last, nil before that.
	Server *monitor.Reading `json:"server,omitempty"`
	// Tables are those that are selected, and Copies are copies of them.
	Tables []string `json:"tables,omitempty"`
	Copies []Copy   `json:"copies,omitempty"`
	// Changes are the last ones to the tables themselves, the latest at the end.
	Changes []watch.Change `json:"changes,omitempty"`
	// ReceivedBytes were sent by the server since the start; Ring is how many of them
	// wait to be handled.
	ReceivedBytes int64 `json:"received_bytes"`
	Ring          int64 `json:"ring_bytes"`
	// Rows are the changes of each table, nil from 200 tables on.
	Rows []TableRows `json:"-"`
	// TxBytes are the sizes of transactions in bytes, and Durable how long after
	// their commit they were durable, in nanoseconds, of one in each group.
	TxBytes Distribution `json:"-"`
	Durable Distribution `json:"-"`
}

// Finding is one of the start-up checks' findings.
type Finding struct {
	Code string `json:"code"`
	Text string `json:"text"`
	Then string `json:"then"`
}

// state is what Status is made of.
type state struct {
	mu sync.Mutex // guards s
	s  Status
}

// Status returns a copy that is the caller's. A pipeline that is still to begin is one
// that connects.
func (p *Pipeline) Status() Status {
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	s := p.state.s
	s.State = cmp.Or(s.State, StateConnecting)
	s.Pipeline, s.Slot = p.o.Source.Pipeline, p.o.Slot
	s.Reconnects = make(map[string]int64, len(p.state.s.Reconnects))
	for class, n := range p.state.s.Reconnects {
		s.Reconnects[class] = n
	}
	p.fill(&s, time.Now())
	return s
}

// State is the state and the last code of Status, and costs less.
func (p *Pipeline) State() (now State, lastCode string) {
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	return cmp.Or(p.state.s.State, StateConnecting), p.state.s.LastCode
}

func (s *state) change(f func(s *Status)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.s)
}

// enter notes what the pipeline does from now on, and why if that is an error.
func (s *state) enter(to State, why error) {
	s.change(func(s *Status) {
		if s.State != to {
			s.State, s.Since = to, time.Now().UTC()
		}
		if why != nil {
			s.LastError, s.LastCode = why.Error(), codeOf(why)
		}
	})
}

func (s *state) reconnect(class source.Class, why error) {
	s.enter(StateConnecting, why)
	s.change(func(s *Status) {
		if s.Reconnects == nil {
			s.Reconnects = make(map[string]int64)
		}
		s.Reconnects[class.String()]++
	})
}

func (s *state) found(all []checks.Finding) {
	list := make([]Finding, len(all))
	for i, f := range all {
		list[i] = Finding{Code: f.Code, Text: f.Text, Then: f.Then.String()}
	}
	s.change(func(s *Status) { s.Findings = list })
}
