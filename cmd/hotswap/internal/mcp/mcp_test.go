package mcp

import (
	"bufio"
	"io"
	"strings"
	"testing"
)

// A last line that is too long is cut, and lines before it stay.
func TestShownLongLastLine(t *testing.T) {
	text := shown([]byte("before\n" + strings.Repeat("x", longest) + "end"))
	if len(text) > longest+100 || !strings.Contains(text, "\nbefore\nx") || !strings.HasSuffix(text, "xend") {
		t.Errorf("%d bytes: %.80q", len(text), text)
	}
}

// A line that is no message gets an error, and what follows is read; a call that is cancelled gets no answer.
func TestWire(t *testing.T) {
	cancel := `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}` + "\n"
	var out strings.Builder
	w := &wire{in: bufio.NewReader(strings.NewReader("{broken\n\n42\n" + cancel)), out: &out}
	if read, err := io.ReadAll(w); string(read) != cancel || err != nil {
		t.Errorf("read %q, %v", read, err)
	}
	for _, line := range []string{`{"id":7,"result":{}}`, `{"id":7,"method":"roots/list"}`, `{"id":8,"result":{}}`} {
		if _, err := io.WriteString(w, line+"\n"); err != nil {
			t.Error(err)
		}
	}
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 5 || !strings.Contains(lines[0], "-32700") || !strings.Contains(lines[1], "-32600") ||
		!strings.Contains(lines[2], "roots/list") || !strings.Contains(lines[3], `"id":8`) {
		t.Errorf("%q", lines)
	}
}

// JSON that is no message gets an error, and what follows is read.
func TestNoMessage(t *testing.T) {
	for _, line := range []string{"42", "[]", `"x"`, "null", "{}", "[1]", `{"jsonrpc":"2.0"}`, `{"jsonrpc":"2.0","method":5}`} {
		list := `{"jsonrpc":"2.0","id":1,"method":"tools/list"}` + "\n"
		var out strings.Builder
		w := &wire{in: bufio.NewReader(strings.NewReader(line + "\n" + list)), out: &out}
		if read, err := io.ReadAll(w); string(read) != list || err != nil {
			t.Errorf("%s: read %q, %v", line, read, err)
		}
		if strings.Count(out.String(), "-32600") != 1 {
			t.Errorf("%s: %q", line, out.String())
		}
	}
}

// However many calls are cancelled, only so many are remembered.
func TestManyCancelled(t *testing.T) {
	cancel := `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}` + "\n"
	w := &wire{in: bufio.NewReader(strings.NewReader(strings.Repeat(cancel, 3*maxCancelled))), out: io.Discard}
	if _, err := io.Copy(io.Discard, w); err != nil || len(w.cancelled) != maxCancelled {
		t.Errorf("%d, %v", len(w.cancelled), err)
	}
}
