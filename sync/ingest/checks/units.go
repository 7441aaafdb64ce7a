package checks

import (
	"fmt"
	"strings"
	"time"
)

// size writes bytes for people, with one decimal from KiB on.
func size(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	units := []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	value, unit := float64(n)/1024, 0
	for value >= 1023.95 && unit < len(units)-1 {
		value, unit = value/1024, unit+1
	}
	text := fmt.Sprintf("%.1f", value)
	return strings.TrimSuffix(text, ".0") + " " + units[unit]
}

// span writes a duration for people in its two largest units.
func span(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	s := int64(d / time.Second)
	parts := []struct {
		n    int64
		unit string
	}{{s / 86400, "d"}, {s / 3600 % 24, "h"}, {s / 60 % 60, "min"}, {s % 60, "s"}}
	for len(parts) > 1 && parts[0].n == 0 {
		parts = parts[1:]
	}
	text := fmt.Sprintf("%d %s", parts[0].n, parts[0].unit)
	if len(parts) > 1 && parts[1].n > 0 {
		text += fmt.Sprintf(" %d %s", parts[1].n, parts[1].unit)
	}
	return text
}

// moment writes a time in UTC to the second.
func moment(t time.Time) string {
	return t.UTC().Format(time.RFC3339)
}

// count writes a number with the word that fits it.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
