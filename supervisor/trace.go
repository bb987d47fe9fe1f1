package supervisor

import (
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/supervisor/machine"
)

// A trace has at most traceLines lines of at most traceWidth bytes.
const traceLines, traceWidth = 200_000, 400

// trace writes for contributors what the loop does: each event after the milliseconds since the event before, and below
// the event its effects, with the milliseconds of those that took more than one. The zero value writes nothing. The
// loop waits for each line.
type trace struct {
	to    io.Writer
	last  time.Time // of an event
	lines int
}

func (t *trace) event(now time.Time, ev machine.Event) {
	if t.last.IsZero() {
		t.last = now
	}
	t.line(fmt.Sprintf("%7d", now.Sub(t.last).Milliseconds()), ev)
	t.last = now
}

func (t *trace) effect(took time.Duration, fx machine.Effect) {
	var ms string
	if took > time.Millisecond {
		ms = fmt.Sprintf("(%d)", took.Milliseconds())
	}
	what := any(fx)
	if n, ok := fx.(machine.Notify); ok {
		what = n.Notice
	}
	t.line(fmt.Sprintf("%9s %s", "→", ms), what)
}

// line writes the type of a value and its facts.
func (t *trace) line(before string, v any) {
	if t.to == nil || t.lines == traceLines {
		return
	}
	t.lines++
	text := fmt.Sprintf("%s %T%s", before, v, facts(reflect.ValueOf(v)))
	fmt.Fprintln(t.to, plain.Short(text, traceWidth))
}

// facts returns those fields of a struct that are not zero, and anything else as fmt does.
func facts(v reflect.Value) string {
	if _, says := v.Interface().(fmt.Stringer); says || v.Kind() != reflect.Struct {
		return fmt.Sprintf("%+v", v)
	}
	var all []string
	for _, field := range reflect.VisibleFields(v.Type()) {
		if f := v.FieldByIndex(field.Index); !field.Anonymous && f.CanInterface() && !f.IsZero() {
			all = append(all, field.Name+"="+facts(f))
		}
	}
	return "{" + strings.Join(all, " ") + "}"
}
