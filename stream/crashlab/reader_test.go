package crashlab_test

import (
	"bytes"

	"github.com/weirstreams/weir/stream"
)

// read returns a stream's content as a client sees it, nil when it is refused.
func (r *rig) read(in *incarnation) []byte {
	r.w.mu.Lock()
	a := in.accessed(r.date())
	r.w.mu.Unlock()
	rd, err := r.e.Read(in.name, 0, false)
	if err != nil {
		return nil
	}
	defer rd.Close()
	r.w.mu.Lock()
	if r.e.Health() == nil { // else the access was not stored
		in.accesses[a].done = r.date()
	}
	r.w.mu.Unlock()
	var all []byte
	for {
		b, last, err := r.page(in, rd)
		if err != nil {
			return nil
		}
		if all = append(all, b...); last {
			return all
		}
	}
}

// page reads one page and notes that it was shown.
func (r *rig) page(in *incarnation, rd *stream.Reader) (b []byte, last bool, err error) {
	p, err := rd.Peek()
	if err != nil {
		return nil, false, err
	}
	if err := rd.Take(p); err != nil {
		return nil, false, err
	}
	defer p.Close()
	if b, err = pageBytesOf(p); err != nil {
		return nil, false, err
	}
	rd.Skip(p)
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	if len(b) > 0 && rd.ID() == in.id {
		in.shown = append(in.shown, shown{r.date(), int64(p.From), b})
	}
	return b, p.UpToDate, nil
}

func pageBytesOf(p *stream.Page) ([]byte, error) {
	var all []byte
	for _, piece := range p.Pieces {
		b, err := piece.Bytes()
		if err != nil {
			return nil, err
		}
		all = append(all, b...)
	}
	return bytes.Clone(all), nil
}

// watch follows a stream's tail until the rig ends, or the stream does.
func (r *rig) watch(in *incarnation) {
	rd, err := r.e.Read(in.name, stream.Tail, true)
	if err != nil {
		return
	}
	r.w.mu.Lock()
	in.accessed(r.date())
	p := &pin{from: r.date(), to: never}
	in.pins = append(in.pins, p)
	r.w.mu.Unlock()
	r.watchers.Go(func() {
		defer r.unwatch(in, p, rd)
		for {
			changed := rd.Changed()
			_, last, err := r.page(in, rd)
			if err != nil {
				return
			}
			if !last {
				continue
			}
			select {
			case <-changed:
			case <-r.quit:
				return
			}
		}
	})
}

func (r *rig) unwatch(in *incarnation, p *pin, rd *stream.Reader) {
	rd.Close()
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	if !r.killed { // else the server of that life never learned that it had ended
		p.to = r.date()
		in.accessed(r.date())
	}
}
