package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/term"

	"github.com/weirstreams/weir/cmd/weir/config"
)

// Every error of every package is logged under one key.
func init() { zerolog.ErrorFieldName = "err" }

// newLogger returns the program's one logger. Lines go to w whole, one write
// each, and say which server they are of when instance is not empty.
func newLogger(cfg config.Log, instance string, w io.Writer) (zerolog.Logger, error) {
	level, err := zerolog.ParseLevel(cfg.Level)
	if err != nil {
		return zerolog.Nop(), fmt.Errorf("make logger: %w", err)
	}
	terminal := isTerminal(w)
	if cfg.Format == config.Console || cfg.Format == "" && terminal {
		w = zerolog.ConsoleWriter{Out: w, NoColor: !terminal, TimeFormat: time.DateTime}
	}
	fields := zerolog.New(w).Level(level).With().Timestamp()
	if instance != "" {
		fields = fields.Str("instance", instance)
	}
	return fields.Logger(), nil
}

// instanceOf is the name of this server in its log, metrics and traces.
func instanceOf(i config.Instance) string {
	if i.ID != "" {
		return i.ID
	}
	if host, err := os.Hostname(); err == nil && host != "" {
		return host
	}
	return "weir"
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// serverErrors takes what net/http has to say about connections into the log.
// One write is one message.
type serverErrors struct{ log zerolog.Logger }

// Write logs p and never fails.
func (s serverErrors) Write(p []byte) (int, error) {
	message, level := strings.TrimSpace(string(p)), zerolog.WarnLevel
	if refused, silent := handshakeError(message); silent {
		level = zerolog.DebugLevel
	} else if refused {
		level = zerolog.InfoLevel
	}
	s.log.WithLevel(level).Str("err", message).Msg("http connection")
	return len(p), nil
}
