package postgres_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// pipeline is what the status says of the only pipeline.
type pipeline struct {
	State     string `json:"state"`
	RingBytes int64  `json:"ring_bytes"`
	BytesIn   int64  `json:"received_bytes"`
	Error     struct {
		Code string `json:"code"`
		Text string `json:"text"`
	} `json:"last_error"`
	Slot struct {
		Exists    bool   `json:"exists"`
		WALStatus string `json:"wal_status"`
	} `json:"slot"`
}

func (l *lab) pipeline() (pipeline, error) {
	text, err := l.adminPage("/sync/status")
	if err != nil {
		return pipeline{}, err
	}
	var answer struct{ Pipelines []pipeline }
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		return pipeline{}, err
	}
	if len(answer.Pipelines) != 1 {
		return pipeline{}, fmt.Errorf("got %d pipelines, want 1", len(answer.Pipelines))
	}
	return answer.Pipelines[0], nil
}

// failed waits until the pipeline has given up with a code, and returns why.
func (l *lab) failed(code string) string {
	l.t.Helper()
	var now pipeline
	l.await("a pipeline that has failed with "+code, func() (_ bool, err error) {
		now, err = l.pipeline()
		return now.State == "failed" && now.Error.Code == code, err
	})
	return now.Error.Text
}

// staysFailed holds that a pipeline which has given up does nothing by itself, and
// says so.
func (l *lab) staysFailed() {
	l.t.Helper()
	for range 5 {
		l.pause(100*time.Millisecond, 100*time.Millisecond)
		now, err := l.pipeline()
		l.must(err)
		if now.State != "failed" {
			l.t.Fatalf("got a pipeline that is %s, want it to stay failed", now.State)
		}
	}
}

// order gives an order as an operator does.
func (l *lab) order(name, body string) {
	l.t.Helper()
	l.await("the order "+name, func() (bool, error) {
		client := http.Client{Timeout: 5 * time.Second}
		resp, err := client.Post(l.admin+"/sync/"+name, "application/json", strings.NewReader(body))
		if err != nil {
			return false, err
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		if err == nil && resp.StatusCode != http.StatusAccepted {
			err = fmt.Errorf("got status %d: %s", resp.StatusCode, text)
		}
		return err == nil, err
	})
}

// resync orders a new beginning.
func (l *lab) resync() {
	l.t.Helper()
	l.order("resync", fmt.Sprintf(`{"confirm":%q}`, ingestSlot))
}
