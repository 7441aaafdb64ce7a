package onestream

import (
	"math"
	"strings"

	"github.com/anishathalye/porcupine"
)

// Never is the return of an operation whose answer was lost.
const Never = math.MaxInt64

// Settle returns a history that is linearizable exactly if the given one is, and
// is decided much sooner. The last operation on every stream must be a read of
// all of it, called when all others have returned or lost their answer.
//
// Many operations without an answer keep porcupine busy with all the orders they
// could have come in. Most of that is idle:
//
//   - What only looks changes nothing, so a lost look can be left out.
//   - A lost append that no read shows was not carried out before the last one. To
//     be carried out afterwards is the same as never: it can be left out.
//   - A lost append that the last read shows was carried out where it stands there,
//     and before the first read that shows it returned. So it is as good as
//     answered.
//
// A lost request that only closes stays as it is.
func Settle(history []porcupine.Operation) []porcupine.Operation {
	var settled []porcupine.Operation
	for _, op := range history {
		request := op.Input.(Request)
		if !op.Output.(Answer).Lost {
			settled = append(settled, op)
			continue
		}
		if request.Kind != Append {
			continue
		}
		op.Return = Never
		if request.Body != "" {
			op.Return = firstSight(history, request)
			if op.Return == Never {
				continue
			}
			if end := place(history, request); end >= 0 {
				op.Output = request.accepted(end)
			}
		}
		settled = append(settled, op)
	}
	return settled
}

// firstSight returns when the first read that shows the append returned.
func firstSight(history []porcupine.Operation, r Request) int64 {
	first := int64(Never)
	for _, op := range history {
		other, answer := op.Input.(Request), op.Output.(Answer)
		if other.Kind == Read && other.Stream == r.Stream && strings.Contains(answer.Body, r.Body) {
			first = min(first, op.Return)
		}
	}
	return first
}

// place returns where the append ends in the last read, -1 if it is not there.
func place(history []porcupine.Operation, r Request) int64 {
	for i := len(history) - 1; i >= 0; i-- {
		last := history[i].Input.(Request)
		if last.Kind != Read || last.Stream != r.Stream {
			continue
		}
		at := strings.Index(history[i].Output.(Answer).Body, r.Body)
		if at < 0 {
			return -1
		}
		return last.From + int64(at+len(r.Body))
	}
	return -1
}
