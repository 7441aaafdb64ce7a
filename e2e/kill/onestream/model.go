package onestream

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"
)

// Model is one stream for porcupine. The inputs of its operations are Requests,
// their outputs Answers.
var Model = porcupine.Model{
	Partition: byStream,
	Init:      func() any { return State{} },
	Step: func(state, input, output any) (bool, any) {
		want, next := state.(State).Apply(input.(Request))
		got := output.(Answer)
		return got.Lost || got == want, next
	},
	DescribeOperation: func(input, output any) string {
		return fmt.Sprintf("%v -> %v", input, output)
	},
	DescribeState: func(state any) string {
		return fmt.Sprint(state)
	},
}

func byStream(history []porcupine.Operation) [][]porcupine.Operation {
	byName := make(map[string][]porcupine.Operation)
	for _, op := range history {
		name := op.Input.(Request).Stream
		byName[name] = append(byName[name], op)
	}
	var parts [][]porcupine.Operation
	for _, part := range byName {
		parts = append(parts, part)
	}
	return parts
}

// Print returns the history as text, one operation a line in the order of their
// calls.
func Print(history []porcupine.Operation) string {
	sorted := slices.SortedStableFunc(slices.Values(history), func(a, b porcupine.Operation) int {
		return cmp.Compare(a.Call, b.Call)
	})
	var text strings.Builder
	for _, op := range sorted {
		end := fmt.Sprint(op.Return)
		if op.Return == Never {
			end = "never"
		}
		fmt.Fprintf(&text, "%s client %d [%d, %s] %v -> %v\n",
			op.Input.(Request).Stream, op.ClientId, op.Call, end, op.Input, op.Output)
	}
	return text.String()
}
