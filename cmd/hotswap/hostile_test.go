//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/ui"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// hostile has everything that a terminal obeys, a line that looks like one of
// hotswap's, and a byte that is not UTF-8.
const hostile = "a\x1b[2J\x1b]0;t\x07\r\t\x7f\u009b1m\x9b\u202egpj\u2066\u200f\nhotswap: all is well\n"

// obeyed is what a terminal would do something with, but for the ends of lines.
func obeyed(s string) string {
	var out strings.Builder
	for line := range strings.Lines(s) {
		for _, r := range strings.TrimSuffix(line, "\n") {
			if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
				out.WriteRune(r)
			}
		}
	}
	if !utf8.ValidString(s) {
		out.WriteString("not UTF-8")
	}
	return out.String()
}

// hostileLines are lines with texts of others.
func hostileLines(o *ui.AsyncWriter, jsonLines bool) {
	l := ui.New(ui.Config{Out: o, Events: io.Discard, Options: options.Options{JSON: jsonLines, Verbose: true},
		KeysWork: func() bool { return false }, Install: func(error) string { return hostile },
		Owner: func(handoff.Endpoint) (int, string, string) { return 7, hostile, hostile }})
	l.Ignored(changes.ByProgram, []string{hostile})
	l.Ignored(changes.NotLoaded, []string{hostile, hostile})
	l.ProjectChanged(hostile)
	l.AdapterMissing(1, 2, strings.Repeat(hostile, 1000))
	l.Notice(report.NoticeCrashed{Gen: 1, Post: report.PostMortem{Reason: hostile, Quote: hostile,
		Last: []string{"Error: " + hostile}}})
	l.Notice(report.NoticeFailed{Result: report.Result{Gen: 1, Why: report.WhyNotStarted, Err: errors.New(hostile),
		Reason: hostile}, Origin: report.Origin{Files: []string{hostile}}})
	l.Notice(report.NoticeNotListening{Gen: 1, Unready: hostile})
	l.NoAdapter(errors.New(hostile))
	l.Notice(report.NoticeEvent{Event: handoff.AddressInUse{Gen: 1}})
	l.Status(report.Status{State: hostile, Command: []string{hostile, strings.Repeat(hostile, 1000)}}, time.Now())
}

const hostileCount = 10

// Nothing that others have named reaches a terminal raw, or makes a line of its own.
func TestHostileTextInLines(t *testing.T) {
	var text, objects bytes.Buffer
	o := ui.NewAsyncWriter(&text, false)
	hostileLines(o, false)
	o.Close()
	if bad := obeyed(text.String()); bad != "" {
		t.Errorf("%q is in\n%q", bad, text.String())
	}
	for line := range strings.Lines(text.String()) {
		if !strings.HasPrefix(line, "hotswap: ") || strings.HasPrefix(line, "hotswap: all is well") {
			t.Errorf("a line of its own: %q", line)
		}
	}
	if n := strings.Count(text.String(), "\n"); n != hostileCount {
		t.Errorf("%d lines, want %d:\n%s", n, hostileCount, text.String())
	}

	o = ui.NewAsyncWriter(&objects, true)
	hostileLines(o, true)
	o.Close()
	if bad := obeyed(objects.String()); bad != "" {
		t.Errorf("%q is in\n%q", bad, objects.String())
	}
	found := false
	for d := json.NewDecoder(&objects); d.More(); {
		var ev struct {
			Event, Reason string
			Files         []string
		}
		testkit.NoError(t, d.Decode(&ev))
		if ev.Event == "ignored" && ev.Reason == "program" {
			found = ev.Files[0] == strings.ToValidUTF8(hostile, "\ufffd")
		}
	}
	if !found {
		t.Error("the file's name is not what it was")
	}
}

// impostor answers at a control socket as a hotswap that is not ours might.
func impostor(asked *atomic.Int32) http.HandlerFunc {
	answers := map[string]any{
		"/v1/status": report.Status{State: "serving", Command: []string{hostile},
			Endpoints: []report.EndpointStatus{{Network: hostile, Address: hostile}},
			Failure:   &report.FailureStatus{PostMortem: report.PostMortem{Reason: hostile}, Files: []string{hostile}}},
		"/v1/reload": control.Result{Outcome: report.OutcomeFailed, Generation: 2, Reason: hostile},
		"/v1/pause":  control.Result{Outcome: hostile},
		"/v1/stop":   control.Result{Outcome: hostile},
		"/v1/why":    control.Why{File: "/" + hostile, Swaps: true, Says: []string{hostile, hostile}},
	}
	return func(w http.ResponseWriter, r *http.Request) {
		answer, ok := answers[r.URL.Path]
		if r.URL.Path == "/v1/status" {
			asked.Add(1)
		} else if !ok {
			w.WriteHeader(http.StatusServiceUnavailable)
			answer = map[string]string{"error": hostile}
		}
		_ = json.NewEncoder(w).Encode(answer)
	}
}

// The sub-commands show what another process answers. Only those that print the status ask for it, which takes as long
// as the kernel and the watcher do.
func TestHostileAnswers(t *testing.T) {
	path := filepath.Join(testkit.ShortDir(t), "s")
	var asked atomic.Int32
	server := http.Server{Handler: impostor(&asked)}
	go server.Serve(testkit.Must(net.Listen("unix", path))(t))
	defer server.Close()
	t.Setenv(options.ControlEnv, path)
	for _, args := range [][]string{
		{"status"}, {"status", "--json"}, {"reload"}, {"rollback"}, {"pause"}, {"resume"}, {"wait"}, {"stop"},
		{"why", hostile}, {"logs"}, {"status", "web", hostile}, {hostile}, {"--" + hostile},
		{"--listen", hostile, "--", "true"},
	} {
		var out, errOut bytes.Buffer
		code := run(append([]string{"hotswap"}, args...), os.Stdin, &out, &errOut)
		text := out.String() + errOut.String()
		if n := asked.Swap(0); n > 0 && args[0] != "status" {
			t.Errorf("%q asked %d times for the whole status", args, n)
		}
		if bad := obeyed(text); bad != "" || strings.Contains(text, "\nhotswap: all") {
			t.Errorf("%q (%d): %q is in\n%q", args, code, bad, text)
		}
		if !strings.Contains(text, "1b[2J") {
			t.Errorf("%q: the text is missing: %q", args, text)
		}
	}
}
