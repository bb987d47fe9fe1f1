//go:build linux

package main

import (
	"bufio"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// waitFile FILE REGEXP…: waits until lines of a file match, in any order.
func waitFile(ts *testscript.TestScript, _ bool, args []string) {
	limit := time.Now().Add(patience)
	for _, arg := range args[1:] {
		want := regexp.MustCompile("(?m)" + arg)
		for b, _ := os.ReadFile(ts.MkAbs(args[0])); !want.Match(b); b, _ = os.ReadFile(ts.MkAbs(args[0])) {
			if time.Now().After(limit) {
				ts.Fatalf("no line matches %q in:\n%s", arg, b)
			}
			time.Sleep(time.Millisecond)
		}
	}
}

// readEvents REGEXP [ID]: reads GET /v1/events after that id until an event matches. It puts all of them into the file
// read, and the id of the last one into $LAST. ! events: upgrades hotswap then, and reads until the stream ends.
func readEvents(ts *testscript.TestScript, neg bool, args []string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	sockets, err := filepath.Glob(filepath.Join(ts.Getenv("XDG_RUNTIME_DIR"), "hotswap", "*.sock"))
	ts.Check(err)
	if len(sockets) != 1 {
		ts.Fatalf("sockets: %q", sockets)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://hotswap/v1/events", nil)
	ts.Check(err)
	if len(args) > 1 {
		req.Header.Set("Last-Event-ID", args[1])
	}
	res, err := testkit.Client(sockets[0]).Do(req)
	ts.Check(err)
	defer res.Body.Close()
	var all strings.Builder
	want := regexp.MustCompile(args[0])
	in, found := bufio.NewScanner(res.Body), false
	for (neg || !found) && in.Scan() {
		if id, ok := strings.CutPrefix(in.Text(), "id: "); ok {
			ts.Setenv("LAST", id)
		} else if data, ok := strings.CutPrefix(in.Text(), "data: "); ok {
			all.WriteString(data + "\n")
			if !found && want.MatchString(data) {
				found = true
				if neg {
					ts.Check(current(ts).signal(syscall.SIGUSR2))
				}
			}
		}
	}
	if !found || in.Err() != nil {
		ts.Fatalf("%q: %v, in\n%s", args[0], in.Err(), all.String())
	}
	ts.Check(os.WriteFile(ts.MkAbs("read"), []byte(all.String()), 0o600))
}
