package config

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Span is a length of time that is written with its unit: 250ms, 30s, 1h30m. The
// variables whose names end in _SECS are plain numbers of seconds instead.
type Span time.Duration

// UnmarshalText reads a span. A number without a unit could be anything, and is an
// error unless it is 0. After an error s is unchanged.
func (s *Span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("read duration: %w", err)
	}
	*s = Span(d)
	return nil
}

// String writes the span, exactly, in the largest unit that needs no fraction:
// 30m, 90s, 250ms. UnmarshalText reads it back.
func (s Span) String() string {
	units := [...]struct {
		suffix string
		length Span
	}{
		{"h", Span(time.Hour)}, {"m", Span(time.Minute)}, {"s", Span(time.Second)},
		{"ms", Span(time.Millisecond)}, {"us", Span(time.Microsecond)}, {"ns", 1},
	}
	if s == 0 {
		return "0s"
	}
	i := 0
	for s%units[i].length != 0 {
		i++
	}
	return strconv.FormatInt(int64(s/units[i].length), 10) + units[i].suffix
}

// autoText stands for an AutoSpan that the server chooses.
const autoText = "auto"

// AutoSpan is a Span, or auto, which leaves it to the server. Auto is 0.
type AutoSpan Span

var errZeroSpan = errors.New("a duration of nothing")

// UnmarshalText reads a span or the word auto. After an error s is unchanged.
func (s *AutoSpan) UnmarshalText(text []byte) error {
	if string(text) == autoText {
		*s = 0
		return nil
	}
	var span Span
	if err := span.UnmarshalText(text); err != nil {
		return err
	}
	if span == 0 {
		return errZeroSpan
	}
	*s = AutoSpan(span)
	return nil
}

// String writes what UnmarshalText reads back.
func (s AutoSpan) String() string {
	if s == 0 {
		return autoText
	}
	return Span(s).String()
}
