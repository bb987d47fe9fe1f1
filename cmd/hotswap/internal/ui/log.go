package ui

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/internal/plain"
)

// The format is the package's, so it is set once: loggers are made by several goroutines.
func init() { zerolog.TimeFieldFormat = time.RFC3339Nano }

// newLog makes the logger for hotswap's own lines.
func newLog(w io.Writer, jsonLines, verbose bool) zerolog.Logger {
	level := zerolog.InfoLevel
	if verbose {
		level = zerolog.DebugLevel
	}
	if jsonLines {
		return zerolog.New(harmless{w}).Level(level).With().Timestamp().Logger()
	}
	return zerolog.New(prose{w}).Level(level)
}

// harmless prints an event as it is, but for what a terminal would obey.
type harmless struct{ w io.Writer }

func (h harmless) Write(b []byte) (int, error) {
	if _, err := h.w.Write(plain.JSON(b)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// prose prints an event's message alone: the fields are in it already.
type prose struct{ w io.Writer }

// blocks are the events whose message is several lines: they were put together
// here. In all others a line feed is part of somebody else's text.
var blocks = map[string]bool{"status": true, "keys": true}

func (p prose) Write(b []byte) (int, error) {
	var ev struct {
		Event   string `json:"event"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(b, &ev); err != nil {
		return 0, err
	}
	text := plain.Line(ev.Message)
	if blocks[ev.Event] {
		text = strings.ReplaceAll(plain.Lines(ev.Message), "\n", "\nhotswap: ")
	}
	if _, err := io.WriteString(p.w, "hotswap: "+text+"\n"); err != nil {
		return 0, err
	}
	return len(b), nil
}

// rendered are the lines that log writes, for a queue.
func rendered(jsonLines bool, log func(zerolog.Logger)) []byte {
	var b bytes.Buffer
	log(newLog(&b, jsonLines, false))
	return b.Bytes()
}

// leftOut renders the line that stands for lines that were left out.
func LeftOut(jsonLines bool) func(n int) []byte {
	return func(n int) []byte {
		return rendered(jsonLines, func(log zerolog.Logger) {
			log.Warn().Str("event", "left-out").Int("lines", n).Msgf("%s missing here, because hotswap's output was not read", human.Count(n, "line"))
		})
	}
}
