// Package figures holds what a measurement has found, and writes it as a table for
// people or as one JSON object for programs.
package figures

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Sheet is a list of figures, in the order in which they were added. Its zero
// value is empty. Names of figures end in their unit.
type Sheet struct {
	rows []row
}

type row struct {
	name string // in JSON
	what string // in the table; empty leaves the figure out
	text string
	json any
}

// Text adds words.
func (s *Sheet) Text(name, what, text string) {
	s.rows = append(s.rows, row{name, what, text, text})
}

// Count adds a whole number.
func (s *Sheet) Count(name, what string, n int64) {
	s.rows = append(s.rows, row{name, what, thousands(n), n})
}

// Number adds a number with a unit for people. JSON has it to a thousandth. One
// that is not finite, because nothing was measured to divide by, is left out.
func (s *Sheet) Number(name, what string, x float64, unit string) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return
	}
	s.rows = append(s.rows, row{name, what, strings.TrimSpace(readable(x) + " " + unit), math.Round(x*1000) / 1000})
}

// Counts adds numbers under names of their own, which JSON keeps in an object.
func (s *Sheet) Counts(name, what string, counts map[string]int64, text string) {
	if counts == nil {
		counts = map[string]int64{}
	}
	s.rows = append(s.rows, row{name, what, text, counts})
}

// WriteTable writes one line for each figure.
func (s *Sheet) WriteTable(w io.Writer) error {
	width := 0
	for _, r := range s.rows {
		width = max(width, len(r.what))
	}
	var b strings.Builder
	for _, r := range s.rows {
		if r.what != "" {
			fmt.Fprintf(&b, "%-*s  %s\n", width, r.what, r.text)
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print figures: %w", err)
	}
	return nil
}

// WriteJSON writes one object on one line, its members in the order of the
// figures.
func (s *Sheet) WriteJSON(w io.Writer) error {
	line := []byte{'{'}
	for i, r := range s.rows {
		if i > 0 {
			line = append(line, ',')
		}
		value, err := json.Marshal(r.json)
		if err != nil {
			return fmt.Errorf("figure %s: %w", r.name, err)
		}
		line = append(append(strconv.AppendQuote(line, r.name), ':'), value...)
	}
	if _, err := w.Write(append(line, '}', '\n')); err != nil {
		return fmt.Errorf("print figures: %w", err)
	}
	return nil
}

// readable keeps three or four digits, and separates thousands.
func readable(x float64) string {
	switch size := math.Abs(x); {
	case size >= 1000:
		return thousands(int64(math.Round(x)))
	case size >= 100:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case size >= 10:
		return strconv.FormatFloat(x, 'f', 1, 64)
	default:
		return strconv.FormatFloat(x, 'f', 2, 64)
	}
}

// thousands writes 1234567 as 1,234,567.
func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}
