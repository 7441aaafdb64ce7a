package postgres_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
	"github.com/weirstreams/weir/sync/ingest/failpoint"
)

// T3: the server dies between any two steps of making a change durable. Between two
// streams it dies at once, and late enough for the first of them to be durable.
func TestKilledBetweenSteps(t *testing.T) {
	l := newLab(t, setup{Workload: true, Binary: failpointBinary(t)})
	var places []string
	for range sized(2, 25) {
		n := func() int { return 1 + l.random.IntN(10) }
		places = append(places,
			hit(failpoint.Append, n()),
			hit(failpoint.Between, n()), hit(failpoint.Between, n())+":20ms",
			hit(failpoint.Staged, n()), hit(failpoint.Staged, n())+":20ms",
			hit(failpoint.Record, n()), hit(failpoint.Confirm, n()),
		)
	}
	l.random.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
	l.during(func() { l.dieAt(places...) })
	l.check()
}

// dieAt lets one server after another come to the place where it kills itself, and
// starts one in the end that does not. See failpoint for how places are written.
func (l *lab) dieAt(places ...string) {
	l.t.Helper()
	l.weir.Kill()
	for _, place := range places {
		env := maps.Clone(l.env)
		env["WEIR_FAILPOINT"] = place
		l.weir.Configure(env)
		l.weir.Launch()
		l.weir.Died(patience)
	}
	if l.client != nil {
		l.client.Close() // its connections are dead
	}
	l.weir.Configure(l.env)
	l.weir.Restart()
}

// hit names a place that is come to for the n-th time.
func hit(p failpoint.Point, n int) string { return fmt.Sprintf("%s:%d", p, n) }

// failpointBinary builds a server that can be told to die at a place.
func failpointBinary(t *testing.T) string {
	t.Helper()
	binary, err := weirtest.Build(t.Context(), "../..", t.TempDir(), "failpoints")
	if err != nil {
		t.Fatal(err)
	}
	return binary
}
