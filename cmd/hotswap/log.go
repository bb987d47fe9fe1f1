package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// newLog makes the logger for hotswap's own lines.
func newLog(w io.Writer, jsonLines, verbose bool) zerolog.Logger {
	zerolog.TimeFieldFormat = time.RFC3339Nano
	level := zerolog.InfoLevel
	if verbose {
		level = zerolog.DebugLevel
	}
	if jsonLines {
		return zerolog.New(w).Level(level).With().Timestamp().Logger()
	}
	return zerolog.New(prose{w}).Level(level)
}

// prose prints an event's message alone: the fields are in it already.
type prose struct{ w io.Writer }

func (p prose) Write(b []byte) (int, error) {
	var ev struct {
		Message string `json:"message"`
	}
	if err := json.Unmarshal(b, &ev); err != nil {
		return 0, err
	}
	text := "hotswap: " + strings.ReplaceAll(ev.Message, "\n", "\nhotswap: ") + "\n"
	if _, err := io.WriteString(p.w, text); err != nil {
		return 0, err
	}
	return len(b), nil
}

// rendered are the lines that log writes, for an outbox.
func rendered(jsonLines bool, log func(zerolog.Logger)) []byte {
	var b bytes.Buffer
	log(newLog(&b, jsonLines, false))
	return b.Bytes()
}

// leftOut renders the line that stands for lines that were left out.
func leftOut(jsonLines bool) func(n int) []byte {
	return func(n int) []byte {
		return rendered(jsonLines, func(log zerolog.Logger) {
			log.Warn().Str("event", "left-out").Int("lines", n).Msgf("%s left out: hotswap's output was not read", count(n, "line"))
		})
	}
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
