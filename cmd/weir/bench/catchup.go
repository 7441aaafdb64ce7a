package bench

import (
	"context"
	"fmt"
	"strconv"

	"github.com/weirstreams/weir/cmd/weir/bench/figures"
)

const catchupAbout = `Fills --streams streams with --bytes each and reads each once to hold its checksum
against what was appended. Then --readers read them from the beginning to the
tail, page by page, and again, for --duration; every pass has to have the right
length. The server must allow streams of that size: DS_LIMITS__MAX_STREAM_BYTES,
and in mode memory DS_LIMITS__MAX_MEMORY_BYTES, if it is weir.`

// catchingUp is what the flags of catchup say.
type catchingUp struct {
	general
	timing
	streams, readers int
	bytes, size      int64
	asJSON, raw      bool
}

func catchupOptions(f *flags) measurement {
	o := &catchingUp{}
	f.about = catchupAbout
	o.general.register(f)
	o.timing.register(f)
	f.count(&o.streams, "streams", 1, 1, 100_000, "streams to read; readers are spread over them")
	f.count(&o.readers, "readers", 4, 1, maxConns, "readers, each with a connection")
	f.size(&o.bytes, "bytes", 64<<20, 1, 1<<40, "content of one stream")
	f.toggle(&o.asJSON, "messages", "fill the streams with JSON messages, not with bytes")
	f.size(&o.size, "size", 256, 20, 1<<20, "with --messages: bytes of one message")
	f.toggle(&o.raw, "raw", "read the URL itself, such as a file that a web server serves, and fill nothing")
	return o.measure
}

func (o *catchingUp) measure(ctx context.Context, env Env) error {
	r, err := o.start(ctx, env, o.readers)
	if err != nil {
		return err
	}
	defer r.close()
	l := &library{run: r, json: o.asJSON, file: o.raw, lengths: make([]int64, o.streams), latency: figures.NewLatency()}
	if !o.raw {
		if err := o.fillAll(r, l.lengths); err != nil {
			return err
		}
	}
	before := r.usage().memory
	for i := range o.readers {
		l.open(i % o.streams)
	}
	w := r.measure(o.timing, "reading", whenever, l.reset)
	return r.finish(o.sheet(l, w, before.Anonymous), l.complaint())
}

// fillAll fills the streams, checks them, and notes how long they are.
func (o *catchingUp) fillAll(r *run, lengths []int64) error {
	kind := octets
	if o.asJSON {
		kind = jsonText
	}
	if err := r.createStreams(o.streams, kind); err != nil {
		return err
	}
	amount := func(n int64) string { return strconv.FormatInt(n, 10) }
	shown := r.env.Progress("filling streams", amount)
	defer shown.End()
	for stream := range lengths {
		if r.over() {
			return r.ended()
		}
		filled, err := r.fill(stream, o.asJSON, o.bytes, o.size)
		if err != nil {
			return err
		}
		if err := r.verify(stream, filled); err != nil {
			return err
		}
		lengths[stream] = filled.length
		shown.At(int64(stream+1), int64(len(lengths)))
	}
	return nil
}

func (o *catchingUp) sheet(l *library, w window, before int64) *figures.Sheet {
	const mib = 1 << 20
	s := &figures.Sheet{}
	s.Text("kind", "", "catchup")
	s.Count("streams", "streams", int64(o.streams))
	s.Count("readers", "readers", int64(o.readers))
	s.Count("passes", "passes", l.passes)
	s.Count("pages", "pages", l.pages)
	s.Number("mib_per_second", "rate", float64(l.bytes)/mib/w.seconds(), "MiB/s")
	s.Latency("page_", "page", l.latency)
	s.Count("wrong_passes", "passes of a wrong length", l.wrong)
	if w.measured {
		s.Number("server_cpu_us_per_mib", "server CPU per MiB", float64(w.serverCPU())/1e3/(float64(l.bytes)/mib), "µs")
		s.Number("server_anonymous_growth_mib", "server memory grew by", float64(w.to.memory.Anonymous-before)/mib, "MiB")
	}
	w.add(s, l.pages)
	return s
}

func (l *library) complaint() string {
	if l.wrong == 0 {
		return ""
	}
	return fmt.Sprintf("%d passes read another length than the stream has", l.wrong)
}
