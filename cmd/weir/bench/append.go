package bench

import (
	"context"
	"math/rand/v2"
	"strconv"

	"github.com/weirstreams/weir/cmd/weir/bench/figures"
)

// Content types of the streams that are made.
const (
	octets    = "application/octet-stream"
	jsonText  = "application/json"
	plainText = "text/plain"
)

const appendAbout = `Each of --conns connections sends one POST after another to streams chosen at
random; with --rate, all of them together send so many a second, however long the
answers take, and latency counts from when a request was to be sent. A success is
any status of 200 to 299.`

// appending is what the flags of append say.
type appending struct {
	general
	timing
	conns, streams, batch int
	size                  int64
	rate                  float64
	producer, raw         bool
}

func appendOptions(f *flags) measurement {
	a := &appending{}
	f.about = appendAbout
	a.general.register(f)
	a.timing.register(f)
	f.count(&a.conns, "conns", 64, 1, maxConns, "connections, each with one request at a time")
	f.count(&a.streams, "streams", 100, 1, maxStreams, "streams that are appended to")
	f.size(&a.size, "size", 256, 2, 16<<20, "bytes of one message")
	f.count(&a.batch, "batch", 0, 0, 100_000, "messages in one append, which is a JSON array; 0 = one append is one message of bytes")
	f.rate(&a.rate, "rate", 0, 0, 10e6, "requests a second, of all connections together; 0 = as many as are answered")
	f.toggle(&a.producer, "producer", "send the headers of idempotent producers; a connection then keeps to its own share of the streams")
	f.toggle(&a.raw, "raw", "create no streams first, for a server that is none of this protocol")
	return a.measure
}

// Bounds of the flags of all kinds.
const (
	maxConns   = 1_000_000
	maxStreams = 10_000_000
)

func (a *appending) measure(ctx context.Context, env Env) error {
	if a.size*int64(max(a.batch, 1)) > maxRequest {
		return &UsageError{"--size times --batch is over 64MiB: want a smaller request"}
	}
	r, err := a.start(ctx, env, a.conns)
	if err != nil {
		return err
	}
	defer r.close()
	if !a.raw {
		if err := r.createStreams(a.streams, a.contentType()); err != nil {
			return err
		}
	}
	d, err := newDriver(r, a.conns, a.source(r), a.pace())
	if err != nil {
		return err
	}
	d.begin()
	w := r.measure(a.timing, "appending", d.step, d.reset)
	return r.finish(a.sheet(d, w), "")
}

// maxRequest bounds the body of one request, in bytes.
const maxRequest = 64 << 20

func (a *appending) contentType() string {
	if a.batch > 0 {
		return jsonText
	}
	return octets
}

func (a *appending) pace() *pace {
	if a.rate == 0 {
		return nil
	}
	return newPace(a.rate)
}

func (a *appending) source(r *run) source {
	body := filler(int(a.size))
	if a.batch > 0 {
		body = jsonArray(a.batch, int(a.size))
	}
	s := &appends{body: body, streams: a.streams, conns: a.conns, random: rand.New(rand.NewPCG(1, 2))}
	if !a.producer {
		s.post = r.to.request("POST", a.contentType(), len(body))
		return s
	}
	s.seqs = make([]int64, max(a.streams, a.conns))
	s.post = r.to.request("POST", a.contentType(), len(body), "Producer-Epoch: 0", "Producer-Id: ", "Producer-Seq: ")
	return s
}

func (a *appending) sheet(d *driver, w window) *figures.Sheet {
	s := &figures.Sheet{}
	s.Text("kind", "", "append")
	s.Count("connections", "connections", int64(a.conns))
	s.Count("streams", "streams", int64(a.streams))
	s.Count("appends", "appends", d.good)
	perSecond := float64(d.good) / w.seconds()
	s.Number("per_second", "rate", perSecond, "appends/s")
	messages := perSecond * float64(max(a.batch, 1))
	s.Number("messages_per_second", "messages", messages, "/s")
	s.Number("mib_per_second", "bytes of messages", messages*float64(a.size)/(1<<20), "MiB/s")
	s.Latency("", "latency", d.latency)
	if d.pace != nil {
		s.Number("schedule_lag_max_us", "sent late by up to", float64(d.pace.lag)/1e3, "µs")
		s.Count("unsent", "still to be sent", d.pace.behind(w.to.at))
	}
	w.add(s, d.good)
	return s
}

// appends makes POST requests.
type appends struct {
	post           template
	body           []byte
	streams, conns int
	random         *rand.Rand
	seqs           []int64 // the next Producer-Seq, by stream or connection; nil without producers
}

func (a *appends) next(buf []byte, w *worker) ([]byte, bool) {
	if a.seqs == nil {
		buf = a.post.fill(buf, int64(a.random.IntN(a.streams)))
		return append(buf, a.body...), true
	}
	stream, share := a.share(w.id)
	seq := a.seqs[share]
	a.seqs[share]++
	buf = a.post.fill(buf, int64(stream), int64(w.id), seq)
	return append(buf, a.body...), true
}

// share chooses a stream whose only producer of that connection's id is the
// connection itself, and returns which count of seqs belongs to the pair: the
// stream's where each connection has streams of its own, else the connection's.
func (a *appends) share(conn int) (stream, share int) {
	if a.streams <= a.conns {
		return conn % a.streams, conn
	}
	own := (a.streams - conn + a.conns - 1) / a.conns // streams conn, conn+conns, ...
	stream = conn + a.conns*a.random.IntN(own)
	return stream, stream
}

// filler returns n bytes that are the same in every run.
func filler(n int) []byte {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[i%len(letters)]
	}
	return b
}

// jsonArray returns an array of so many strings, each of size bytes with its
// quotes.
func jsonArray(messages, size int) []byte {
	message := strconv.Quote(string(filler(size - 2)))
	array := []byte{'['}
	for i := range messages {
		if i > 0 {
			array = append(array, ',')
		}
		array = append(array, message...)
	}
	return append(array, ']')
}
