package status

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/weirstreams/weir/stream/httpapi/problem"
	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/lsn"
)

// maxOrder bounds the body of an order, in bytes.
const maxOrder = 16 << 10

// order is the body of a request. What an order does not need has to be left out.
type order struct {
	// Pipeline may be left out where there is one.
	Pipeline string `json:"pipeline"`
	// Confirm is the slot for a resync, and the LSN once more for skip-to.
	Confirm string `json:"confirm"`
	LSN     string `json:"lsn"`
}

// orders carry out what is asked for, or refuse it. They return what there is to be
// said besides.
var orders = map[string]func(p Pipeline, o order) (warning string, err error){
	"pause":   pause,
	"resume":  plain(Pipeline.Resume),
	"tables":  plain(Pipeline.Refresh),
	"resync":  resync,
	"skip-to": skipTo,
}

// order finds the pipeline and has it do what is asked for. The answer shows it as it
// then is: sessions end and begin in their own time.
func (h *handler) order(w http.ResponseWriter, r *http.Request, name string, do func(Pipeline, order) (string, error)) {
	o, err := readOrder(http.MaxBytesReader(w, r.Body, maxOrder))
	var p Pipeline
	if err == nil {
		p, err = h.find(o.Pipeline)
	}
	var warning string
	if err == nil {
		warning, err = do(p, o)
	}
	if err != nil {
		problem.Plain(w, statusOf(err), err.Error())
		return
	}
	now := p.Status()
	h.log.Info().Str("pipeline", now.Pipeline).Str("order", name).Msg("an operator gave an order")
	h.answer(w, http.StatusAccepted, struct {
		Warning  string `json:"warning,omitempty"`
		Pipeline view   `json:"pipeline"`
	}{warning, viewOf(now)})
}

var (
	errBody     = errors.New("want a JSON object with the names pipeline, confirm and lsn, or nothing")
	errPipeline = errors.New("there is no such pipeline")
	errWhich    = errors.New(`there are several pipelines: say which with {"pipeline": …}`)
	errSurplus  = errors.New("this order takes neither confirm nor lsn")
)

// readOrder reads a body, which may be empty.
func readOrder(body io.Reader) (order, error) {
	var o order
	d := json.NewDecoder(body)
	d.DisallowUnknownFields()
	if err := d.Decode(&o); errors.Is(err, io.EOF) {
		return order{}, nil
	} else if err != nil {
		return order{}, errBody
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return order{}, errBody
	}
	return o, nil
}

func (h *handler) find(name string) (Pipeline, error) {
	if name == "" && len(h.pipelines) > 1 {
		return nil, errWhich
	}
	for _, p := range h.pipelines {
		if name == "" || p.Status().Pipeline == name {
			return p, nil
		}
	}
	return nil, errPipeline
}

func plain(do func(Pipeline)) func(Pipeline, order) (string, error) {
	return func(p Pipeline, o order) (string, error) {
		if o.Confirm != "" || o.LSN != "" {
			return "", errSurplus
		}
		do(p)
		return "", nil
	}
}

func pause(p Pipeline, o order) (string, error) {
	if _, err := plain(Pipeline.Pause)(p, o); err != nil {
		return "", err
	}
	return fmt.Sprintf("nothing is confirmed until POST /sync/resume or a restart; the database keeps its log meanwhile, %d bytes so far, and waits for it when it is shut down",
		p.Status().Retained()), nil
}

func resync(p Pipeline, o order) (string, error) {
	slot := p.Status().Slot
	if o.LSN != "" || o.Confirm != slot {
		return "", fmt.Errorf("a resync gives up the slot and copies every table anew: confirm it with {\"confirm\": %q}", slot)
	}
	p.Resync()
	return "", nil
}

func skipTo(p Pipeline, o order) (string, error) {
	if o.LSN == "" || o.Confirm != o.LSN {
		return "", errors.New(`the streams will lack what is skipped: say the position twice, {"lsn": "16/B374D848", "confirm": "16/B374D848"}`)
	}
	to, err := lsn.Parse(o.LSN)
	if err != nil {
		return "", fmt.Errorf("lsn: %w", err)
	}
	return "", p.SkipTo(to)
}

func statusOf(err error) int {
	switch {
	case errors.Is(err, errPipeline):
		return http.StatusNotFound
	case errors.Is(err, ingest.ErrSkip):
		return http.StatusConflict
	}
	return http.StatusBadRequest
}
