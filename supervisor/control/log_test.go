package control

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// texts reads the lines that q asks for, as "generation text".
func texts(t *testing.T, path string, q LogQuery) (out []string) {
	t.Helper()
	testkit.NoError(t, NewClient(path).Log(t.Context(), q, func(l LogLines) error {
		out = append(out, fmt.Sprint(l.Gen, " ", l.Text+string(l.Bytes)))
		return nil
	}))
	return out
}

func TestLog(t *testing.T) {
	path := place(t)
	log := NewLog()
	serve(t, path, instance{log: log})
	if got := texts(t, path, LogQuery{}); len(got) > 0 {
		t.Errorf("before anything was written: %q", got)
	}
	log.Add(1, []byte("one \x1b[31m\u009b\u202e\x00\\\"<\n"))
	log.Add(0, []byte("step\n"))
	log.Add(2, []byte("bytes \xff\x80\nand more\n"))
	log.Add(2, []byte(strings.Repeat("\x01", 80<<10)))
	one, step, two := []string{"1 one \x1b[31m\u009b\u202e\x00\\\"<\n"}, []string{"0 step\n"},
		[]string{"2 bytes \xff\x80\nand more\n", "2 " + strings.Repeat("\x01", 80<<10)}
	for _, c := range []struct {
		query LogQuery
		want  []string
	}{
		{LogQuery{}, slices.Concat(one, step, two)}, {LogQuery{Gen: 2}, two}, {LogQuery{Gen: 9}, nil},
		{LogQuery{Since: time.Hour}, slices.Concat(one, step, two)}, {LogQuery{Since: 1}, nil},
	} {
		if got := texts(t, path, c.query); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %.200q, want %.200q", c.query, got, c.want)
		}
	}
	c := NewClient(path)
	for _, bad := range []string{"gen=x", "since=soon", "follow=perhaps"} {
		if err := c.ask(t.Context(), http.MethodGet, "logs?"+bad, nil); err == nil ||
			!strings.Contains(err.Error(), "give for example") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	var b json.RawMessage
	err := c.ask(t.Context(), http.MethodGet, "logs?gen=1", &b) // curl writes it to a terminal
	if err != nil || strings.ContainsAny(string(b), "\x1b\u009b\u202e\x00") {
		t.Errorf("%q, %v", b, err)
	}
}
