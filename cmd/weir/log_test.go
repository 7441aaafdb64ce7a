package main

import (
	"bytes"
	"encoding/json"
	stdlog "log"
	"os"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
)

func TestLogFormats(t *testing.T) {
	tests := []struct {
		format config.Format
		json   bool
	}{
		{config.JSON, true},
		{config.Console, false},
		{"", true}, // a buffer is no terminal
	}
	for _, test := range tests {
		var out bytes.Buffer
		log := logTo(t, config.Log{Level: "info", Format: test.format}, &out)
		log.Info().Str("stream", "a/b").Msg("created")
		if got := json.Valid(out.Bytes()); got != test.json {
			t.Errorf("format %q: got %q, want JSON: %v", test.format, out.String(), test.json)
		}
		if strings.Count(out.String(), "\n") != 1 || !strings.Contains(out.String(), "a/b") || strings.Contains(out.String(), "\x1b") {
			t.Errorf("format %q: got %q, want one line without colour that holds the field", test.format, out.String())
		}
	}
}

func TestLogLevels(t *testing.T) {
	levels := []string{"trace", "debug", "info", "warn", "error"}
	for lowest, level := range levels {
		var out bytes.Buffer
		log := logTo(t, config.Log{Level: level, Format: config.JSON}, &out)
		for _, each := range []zerolog.Level{zerolog.TraceLevel, zerolog.DebugLevel, zerolog.InfoLevel, zerolog.WarnLevel, zerolog.ErrorLevel} {
			log.WithLevel(each).Msg("x")
		}
		if got, want := strings.Count(out.String(), "\n"), len(levels)-lowest; got != want {
			t.Errorf("level %s: got %d of %d lines, want %d", level, got, len(levels), want)
		}
	}
}

// Every line says which server wrote it, in either layout.
func TestLogNamesTheInstance(t *testing.T) {
	for format, want := range map[config.Format]string{config.JSON: `"instance":"weir-0"`, config.Console: "instance=weir-0"} {
		var out bytes.Buffer
		log, err := newLogger(config.Log{Level: "info", Format: format}, "weir-0", &out)
		if err != nil {
			t.Fatal(err)
		}
		log.Info().Msg("a")
		part := log.With().Str("part", "b").Logger()
		part.Error().Msg("b")
		for line := range strings.Lines(out.String()) {
			if !strings.Contains(line, want) {
				t.Errorf("format %s: got %q, want %s in it", format, line, want)
			}
		}
	}
}

func TestInstanceOf(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"weir-0": "weir-0", "": host} {
		if got := instanceOf(config.Instance{ID: id}); got != want {
			t.Errorf("DS_INSTANCE_ID=%s: got %q, want %q", id, got, want)
		}
	}
}

func TestServerErrorsAreOneLineEach(t *testing.T) {
	var out bytes.Buffer
	log := logTo(t, config.Log{Level: "info", Format: config.JSON}, &out)
	stdlog.New(serverErrors{log}, "", 0).Print("panic serving 192.0.2.1:\ngoroutine 1")

	var line struct{ Level, Err, Message string }
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("got %q, want one JSON object: %v", out.String(), err)
	}
	if line.Level != "warn" || line.Err != "panic serving 192.0.2.1:\ngoroutine 1" || line.Message == "" {
		t.Errorf("got %+v, want the text as err of a warning", line)
	}
}

func logTo(t *testing.T, cfg config.Log, out *bytes.Buffer) zerolog.Logger {
	t.Helper()
	log, err := newLogger(cfg, "", out)
	if err != nil {
		t.Fatalf("make logger for %+v: got %v, want no error", cfg, err)
	}
	return log
}
