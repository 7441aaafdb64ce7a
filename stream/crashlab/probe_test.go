package crashlab_test

import (
	"bytes"
	"fmt"
	"reflect"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/storetest/crashfs"
	"github.com/weirstreams/weir/stream"
)

// probe asks the server what it remembers, by appends: of each producer the last
// one again, one too many, one of an older instance, and the next.
func (c *checker) probe(r *rig) error {
	for _, f := range c.streams {
		if f.code != "" || f.in.marked {
			continue
		}
		for id, last := range f.meta.Producers {
			if err := c.probeProducer(r.e, f, id, last); err != nil {
				return fmt.Errorf("producer %s of %s: %w", id, f.meta.Name, err)
			}
		}
		if err := c.probeEnd(r.e, f); err != nil {
			return fmt.Errorf("append to %s: %w", f.meta.Name, err)
		}
	}
	return nil
}

// probeEnd appends: the bytes are at the tail, or refused because it is closed.
func (c *checker) probeEnd(e *stream.Engine, f *found) error {
	body, stored := payload(f.in.form, probeNumber, 40)
	res, err := e.Append(&stream.AppendRequest{Name: f.meta.Name, Body: body, ContentType: f.in.form.contentType()})
	if f.meta.Closed {
		if codeOf(err) != stream.CodeClosed {
			return fmt.Errorf("got %v, want a refusal, since it is closed", err)
		}
		return nil
	}
	if err != nil {
		return err
	}
	all, err := readPages(e, f.meta.Name, f.in.form)
	if err != nil {
		return err
	}
	defer func() { f.content = all }()
	if int64(res.Tail) != int64(len(all)) || !bytes.HasPrefix(all, f.content) || !bytes.HasSuffix(all, stored) {
		return fmt.Errorf("got %d bytes, want the %d before and %d more", len(all), len(f.content), len(stored))
	}
	return nil
}

// probeProducer asks for what must not be taken, and then for the next append.
func (c *checker) probeProducer(e *stream.Engine, f *found, id string, last store.ProducerState) error {
	if f.meta.Closed {
		return nil
	}
	if err := c.refuses(e, f, id, last); err != nil {
		return err
	}
	_, stored := payload(f.in.form, probeNumber, 40)
	res, err := ask(e, f, id, last.Epoch, last.Seq+1)
	if err != nil || res.Duplicate || int64(res.Tail) != f.meta.Tail+int64(len(stored)) {
		return fmt.Errorf("%d/%d: got %+v, %v, want it at %d", last.Epoch, last.Seq+1, res, err, f.meta.Tail)
	}
	f.content, f.meta.Tail = append(f.content, stored...), int64(res.Tail)
	return nil
}

// refuses asks for appends of a producer that change nothing.
func (c *checker) refuses(e *stream.Engine, f *found, id string, last store.ProducerState) error {
	if res, err := ask(e, f, id, last.Epoch, last.Seq); err != nil || !res.Duplicate || res.ProducerSeq != last.Seq {
		return fmt.Errorf("%d/%d again: got %+v, %v, want a duplicate", last.Epoch, last.Seq, res, err)
	}
	if _, err := ask(e, f, id, last.Epoch, last.Seq+2); err == nil || err.Code != stream.CodeProducerGap || err.ExpectedSeq != last.Seq+1 {
		return fmt.Errorf("%d/%d: got %v, want a gap before it", last.Epoch, last.Seq+2, err)
	}
	if last.Epoch == 0 {
		return nil
	}
	if _, err := ask(e, f, id, last.Epoch-1, 0); err == nil || err.Code != stream.CodeStaleEpoch || err.Epoch != last.Epoch {
		return fmt.Errorf("%d/0: got %v, want a stale epoch", last.Epoch-1, err)
	}
	return nil
}

// probeNumber is that of appends that no world has.
const probeNumber = 999999

// ask appends as a producer.
func ask(e *stream.Engine, f *found, id string, epoch, seq int64) (stream.AppendResult, *stream.Error) {
	body, _ := payload(f.in.form, probeNumber, 40)
	res, err := e.Append(&stream.AppendRequest{Name: f.meta.Name, Body: body, ContentType: f.in.form.contentType(),
		Producer: &store.ProducerAppend{ID: id, Epoch: epoch, Seq: seq}})
	refusal, _ := err.(*stream.Error)
	if err != nil && refusal == nil {
		refusal = &stream.Error{Code: "no refusal", Detail: err.Error()}
	}
	return res, refusal
}

// endure ends the server that was probed by another crash, and asks for all that
// it has acknowledged since the first.
func (c *checker) endure(r *rig, m mode) error {
	if err := c.probe(r); err != nil {
		return err
	}
	r.fs.Kill()
	left := crashfs.Everything
	if m.synced {
		left = crashfs.Synced
	}
	again, err := start(r.fs.Crash(r.date(), left), m.synced, c.w)
	if err != nil {
		return fmt.Errorf("start after a second crash: %w", err)
	}
	defer again.kill()
	for _, f := range c.streams {
		if f.code != "" || f.in.ttl >= 0 || f.in.expires > 0 {
			continue
		}
		got, err := readPages(again.e, f.meta.Name, f.in.form)
		if err != nil || !bytes.Equal(got, f.content) {
			return fmt.Errorf("%s after a second crash: got %d bytes, %v, want %d", f.meta.Name, len(got), err, len(f.content))
		}
	}
	return nil
}

// reopen closes the server in good order and opens it again, which changes
// nothing.
func (c *checker) reopen(r *rig, m mode) error {
	r.e.Close()
	if err := r.st.Close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	again, err := start(r.fs, m.synced, c.w)
	if err != nil {
		return fmt.Errorf("second start: %w", err)
	}
	defer again.kill()
	second := &checker{w: c.w, cut: c.cut, law: c.law, st: again.st, e: again.e}
	if err := second.run(); err != nil {
		return fmt.Errorf("second start: %w", err)
	}
	if len(second.streams) != len(c.streams) {
		return fmt.Errorf("second start: got %d streams, want %d", len(second.streams), len(c.streams))
	}
	for i, f := range second.streams {
		was := c.streams[i].meta
		was.Expires, f.meta.Expires = 0, 0 // reading may have prolonged its life
		if !reflect.DeepEqual(was, f.meta) {
			return fmt.Errorf("second start: got %+v, want %+v", f.meta, was)
		}
	}
	return nil
}
