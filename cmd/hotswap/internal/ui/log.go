package ui

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// The format is set once because it belongs to the library, and several goroutines make
// loggers.
func init() { zerolog.TimeFieldFormat = time.RFC3339Nano }

// The levels of lines.
const (
	levelDebug = zerolog.DebugLevel // with --verbose
	levelInfo  = zerolog.InfoLevel
	levelWarn  = zerolog.WarnLevel
	levelFail  = zerolog.ErrorLevel
)

// logger begins the lines of hotswap. Each has an event, which stands first.
type logger struct{ zerolog.Logger }

// newLogger returns a logger that writes to w what people see, and to stream each line as JSON in any case.
func newLogger(w, stream io.Writer, jsonLines, verbose bool) logger {
	level := levelInfo
	if verbose {
		level = levelDebug
	}
	if jsonLines {
		stream = io.MultiWriter(w, stream)
	}
	l := zerolog.New(harmless{stream}).Level(level).With().Timestamp().Logger()
	if !jsonLines {
		l = l.Hook(prose{w})
	}
	return logger{l}
}

// entry is a line in the making.
type entry struct {
	*zerolog.Event
	subject string // "generation 3 ", if the line has that in its field gen; else ""
}

// dots ends the line by a message of the subject and these parts.
func (e entry) dots(parts ...string) { e.Msg(e.subject + human.Dots(parts...)) }

// saysf ends the line by a message of the subject and this text.
func (e entry) saysf(format string, args ...any) { e.Msgf(e.subject+format, args...) }

func (l logger) debug(event string, fields ...any) entry {
	return l.at(levelDebug, event, fields...)
}

func (l logger) info(event string, fields ...any) entry {
	return l.at(levelInfo, event, fields...)
}

func (l logger) warn(event string, fields ...any) entry {
	return l.at(levelWarn, event, fields...)
}

func (l logger) fail(event string, fields ...any) entry {
	return l.at(levelFail, event, fields...)
}

// at begins a line. The fields are a name and a value each. A duration is written in milliseconds, and what has a text
// as that text. An error that is nil is left out. A PostMortem becomes the fields quote, place
// and stderr; its own name does not count.
func (l logger) at(level zerolog.Level, event string, fields ...any) entry {
	e := entry{Event: l.WithLevel(level).Str("event", event)}
	for field := range slices.Chunk(fields, 2) {
		if field[0] == "gen" {
			e.subject = fmt.Sprintf("generation %d ", field[1])
		}
		switch v := field[1].(type) {
		case nil:
			continue
		case report.PostMortem:
			field = []any{"quote", v.Quote, "place", v.Place, "stderr", v.Last}
		case time.Duration:
			field[1] = float64(v.Microseconds()) / 1000
		case fmt.Stringer:
			field[1] = v.String()
		}
		e.Fields(field)
	}
	return e
}

// harmless writes JSON without what a terminal would obey.
type harmless struct{ w io.Writer }

func (h harmless) Write(b []byte) (int, error) {
	if _, err := h.w.Write(plain.JSON(b)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// prose is a hook that writes the message alone: the message tells the fields too.
type prose struct{ w io.Writer }

// severalLines marks an event whose message is several lines of hotswap. In any other
// message a line feed is part of a text of others.
var severalLines = context.WithValue(context.Background(), prose{}, true)

func (p prose) Run(e *zerolog.Event, _ zerolog.Level, message string) {
	text := plain.Line(message)
	if e.GetCtx() == severalLines {
		text = strings.ReplaceAll(plain.Lines(message), "\n", "\nhotswap: ")
	}
	io.WriteString(p.w, "hotswap: "+text+"\n")
}

// rendered returns the lines that log writes for people.
func rendered(stream io.Writer, jsonLines bool, log func(logger)) []byte {
	var b bytes.Buffer
	log(newLogger(&b, stream, jsonLines, false))
	return b.Bytes()
}

func (p *Printer) OutputLost() {
	p.warn("output-lost").
		Msg("the last output of a program that has ended is missing, because hotswap's output was not read")
}

// EventsFailed says that no events are written any more, or, if hotswap waits for room, until there is some.
func (p *Printer) EventsFailed(err error, waits bool) {
	p.warn("events-failed", "error", err).
		Msgf("--events: %s: %v", cmp.Or(human.If(waits, "events wait until there is room"),
			"no more events are written"), err)
}

// missing returns the line in the place of n lines that were left out.
func missing(n int, jsonLines bool) []byte {
	return rendered(io.Discard, jsonLines, func(log logger) { // readers of events have not missed these
		log.warn("left-out", "lines", n).Msgf("%s missing here, because hotswap's output was not read",
			human.Count(n, "line"))
	})
}
