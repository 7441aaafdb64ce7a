package bench

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/weirstreams/weir/cmd/weir/bench/figures"
	"github.com/weirstreams/weir/cmd/weir/bench/procfs"
)

// timing is what the flags say about the time that is measured.
type timing struct {
	warmup, duration time.Duration
}

func (t *timing) register(f *flags) {
	f.duration(&t.duration, "duration", 10*time.Second, 100*time.Millisecond, 24*time.Hour, "how long to measure")
	f.duration(&t.warmup, "warmup", 500*time.Millisecond, 0, time.Hour, "how long to run before measuring")
}

// usage is what the two processes had used at one moment.
type usage struct {
	at          int64 // on the clock of the run
	server, own time.Duration
	memory      procfs.Memory
}

// window is the time that was measured, from one usage to another.
type window struct {
	measured bool // --pid was given
	from, to usage
}

// usage looks at the processes.
func (r *run) usage() usage {
	u := usage{at: r.now(), own: ownCPU()}
	if r.pid == 0 {
		return u
	}
	var err error
	if u.server, err = procfs.CPU(r.pid); err != nil {
		r.fail(err)
	}
	if u.memory, err = procfs.MemoryOf(r.pid); err != nil {
		r.fail(err)
	}
	return u
}

func ownCPU() time.Duration {
	var used unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// step does what is due at now, and returns when there will be something to do
// again. With done the measurement ends before its time.
type step func(now int64) (next int64, done bool)

// measure serves connections and calls step, through the warm-up and the time that
// is measured, which begins with reset. A duration of 0 is until step is done.
func (r *run) measure(t timing, what string, step step, reset func()) window {
	seconds := func(n int64) string { return fmt.Sprintf("%.1fs", float64(n)/1e9) }
	shown := r.env.Progress(what, seconds)
	defer shown.End()

	w := window{measured: r.pid != 0}
	begin := r.now()
	warm, end := begin+int64(t.warmup), int64(0)
	begun, done := false, false
	for show := begin; ; {
		now := r.now()
		if !begun && (now >= warm || r.over()) {
			begun = true
			reset()
			w.from = r.usage()
			end = w.from.at + int64(t.duration)
		}
		if begun && (done || r.over() || t.duration > 0 && now >= end) {
			w.to = r.usage()
			return w
		}
		next := int64(0)
		if next, done = step(now); done {
			continue
		}
		if now >= show && t.duration > 0 {
			shown.At(now-begin, int64(t.warmup+t.duration))
			show = now + int64(200*time.Millisecond)
		}
		r.wait(next)
	}
}

// whenever is the step of measurements in which everything happens because
// something has arrived.
func whenever(now int64) (int64, bool) { return now + int64(turn), false }

func (w window) seconds() float64 { return float64(w.to.at-w.from.at) / 1e9 }

func (w window) serverCPU() time.Duration { return w.to.server - w.from.server }

func (w window) ownCPU() time.Duration { return w.to.own - w.from.own }

// add adds what n operations took of the processors, and of memory.
func (w window) add(s *figures.Sheet, n int64) {
	perOp := func(used time.Duration) float64 { return float64(used) / 1e3 / float64(n) }
	share := func(used time.Duration) float64 { return 100 * used.Seconds() / w.seconds() }
	s.Number("seconds", "measured", w.seconds(), "s")
	if w.measured {
		s.Number("server_cpu_us_per_op", "server CPU each", perOp(w.serverCPU()), "µs")
		s.Number("server_cpu_percent", "server CPU", share(w.serverCPU()), "% of a core")
	}
	s.Number("client_cpu_us_per_op", "own CPU each", perOp(w.ownCPU()), "µs")
	s.Number("client_cpu_percent", "own CPU", share(w.ownCPU()), "% of a core")
	if w.measured {
		addMemory(s, "before_", "server memory before", w.from.memory)
		addMemory(s, "after_", "server memory after", w.to.memory)
	}
}

// addMemory adds what a process has in RAM; the table has the anonymous part only.
func addMemory(s *figures.Sheet, prefix, what string, m procfs.Memory) {
	const mib = 1 << 20
	s.Number("server_anonymous_"+prefix+"mib", what, float64(m.Anonymous)/mib, "MiB")
	s.Number("server_resident_"+prefix+"mib", "", float64(m.Resident)/mib, "MiB")
	s.Number("server_proportional_"+prefix+"mib", "", float64(m.Shared)/mib, "MiB")
}
