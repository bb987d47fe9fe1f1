package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

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
	one, step, two := []string{"1 one \x1b[31m\u009b\u202e\x00\\\"<\n"}, []string{"0 step\n"}, []string{"2 bytes \xff\x80\nand more\n", "2 " + strings.Repeat("\x01", 80<<10)}
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
		if err := c.ask(t.Context(), http.MethodGet, "logs?"+bad, nil); err == nil || !strings.Contains(err.Error(), "give for example") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	var b json.RawMessage
	err := c.ask(t.Context(), http.MethodGet, "logs?gen=1", &b) // curl writes it to a terminal
	if err != nil || strings.ContainsAny(string(b), "\x1b\u009b\u202e\x00") {
		t.Errorf("%q, %v", b, err)
	}
}

// A log keeps the newest 4 MiB, and counts what a part takes beside its text.
func TestLogHasABound(t *testing.T) {
	for _, text := range []string{"\n", strings.Repeat("line\n", 99<<10)} {
		log := NewLog()
		for range 2*logRoom/(len(text)+partRoom) + 1 {
			log.Add(1, []byte(text))
		}
		log.Add(1, []byte("last\n"))
		kept := log.Next(t.Context(), "", 1<<30)
		size := 0
		for _, p := range kept {
			size += len(p.Text) + partRoom
		}
		if size > logRoom || size < logRoom-len(text)-2*partRoom || kept[len(kept)-1].Text != "last\n" {
			t.Errorf("%d parts with %d bytes are kept", len(kept), size)
		}
	}
}

// A reader that follows gets what comes, until the log ends; at another hotswap if that has taken over.
func TestLogIsFollowed(t *testing.T) {
	path := place(t)
	parent, child := NewLog(), NewLog()
	taken := make(chan struct{})
	i := &moving{instance: instance{log: parent}, taken: taken}
	serve(t, path, i)
	parent.Add(1, []byte("1\n"))
	got, done := make(chan string, 9), make(chan error, 1)
	go func() {
		done <- NewClient(path).Log(context.Background(), LogQuery{Follow: true}, func(l LogLines) error { got <- l.Text; return nil })
	}()
	want := func(text string) {
		t.Helper()
		select {
		case s := <-got:
			if s != text {
				t.Fatalf("%q, want %q", s, text)
			}
		case err := <-done:
			t.Fatalf("the end: %v", err)
		}
	}
	want("1\n")
	parent.Add(1, []byte("2\n"))
	want("2\n")
	child.Add(2, []byte("3\n"))
	i.log2 = child
	close(taken)
	parent.End()
	want("3\n")
	child.Add(2, []byte("4\n"))
	want("4\n")
	child.End()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// moving is a hotswap that another one replaces, which answers in its place from the second refusal on.
type moving struct {
	instance
	taken    chan struct{}
	log2     *Log
	refusals int
}

func (m *moving) Log() (*Log, error) {
	select {
	case <-m.taken:
	default:
		return m.log, nil
	}
	if m.refusals++; m.refusals <= 2 { // at the end of the stream, and to the next request
		return nil, ErrMoved
	}
	return m.log2, nil
}

// A reader that stops reading is cut off after its time. When that reader reads again, it goes on where it was, and
// learns how many lines it has missed.
func TestLogReaderThatStops(t *testing.T) {
	give(t, 300*time.Millisecond)
	path := place(t)
	log := NewLog()
	serve(t, path, instance{log: log})
	line := []byte(strings.Repeat("x", 8<<10) + "\n")
	log.Add(1, line)
	reads, count, missed, end := make(chan struct{}), 0, uint64(0), make(chan error, 1)
	first := make(chan struct{})
	go func() {
		end <- NewClient(path).Log(context.Background(), LogQuery{Follow: true}, func(l LogLines) error {
			if count++; count == 1 {
				close(first)
				<-reads
			}
			missed += l.Missed
			return nil
		})
	}()
	<-first
	stuck := dial(t, path)
	_, _ = io.WriteString(stuck, "GET /v1/logs?follow=1 HTTP/1.1\r\nHost: x\r\n\r\n")
	testkit.Must(bufio.NewReader(stuck).ReadString('\n'))(t)
	const all = 3000
	for range all - 1 {
		log.Add(1, line)
	}
	testkit.Eventually(t, func() error { // although there is more to read
		raw, _ := stuck.(*net.UnixConn).SyscallConn()
		fds := []unix.PollFd{{Events: unix.POLLHUP}}
		_ = raw.Control(func(fd uintptr) { fds[0].Fd = int32(fd); _, _ = unix.Poll(fds, 0) })
		if fds[0].Revents&unix.POLLHUP == 0 {
			return errors.New("the reader is not cut off")
		}
		return nil
	})
	close(reads)
	log.End()
	if err := <-end; err != nil {
		t.Error(err)
	}
	if missed == 0 || count+int(missed) != all {
		t.Errorf("%d lines came, and %d are said to be missing, of %d", count, missed, all)
	}
}

// A bounded number of clients read the log at once; the others learn why they cannot.
func TestLogReadersHaveABound(t *testing.T) {
	path := place(t)
	log := NewLog()
	serve(t, path, instance{log: log})
	log.Add(1, []byte("line\n"))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	came, ended := make(chan struct{}), make(chan error)
	for range maxReaders {
		go func() {
			ended <- NewClient(path).Log(ctx, LogQuery{Follow: true}, func(LogLines) error { came <- struct{}{}; return nil })
		}()
		<-came
	}
	if err := NewClient(path).Log(ctx, LogQuery{}, nil); err == nil || err.Error() != "too many clients read that already" {
		t.Errorf("one more: %v", err)
	}
	if got := state(t, path); got != "" {
		t.Errorf("the status is %q", got)
	}
	cancel()
	for range maxReaders {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}
