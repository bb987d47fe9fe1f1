//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// small starts a program of one file of testdata/whole.
func small(t *testing.T, file string, args []string, env []string, command ...string) (h *hotswap, save func(version int)) {
	t.Helper()
	dir := openFolder(t)
	write(t, filepath.Join(dir, file), program(t, "whole/"+file))
	h = start(t, options{dir: dir, args: args, env: env, command: append(command, file)})
	h.Serving(1)
	return h, func(version int) {
		t.Helper()
		change(t, filepath.Join(dir, file), fmt.Sprintf("VERSION = %d", version-1), fmt.Sprintf("VERSION = %d", version))
		h.Serving(version)
	}
}

// What a program with blocking calls has begun with a client goes on until the stop signal, whatever they speak.
func TestBlockingSessionsStayWhole(t *testing.T) {
	t.Parallel()
	const head = " HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
	sessions := []struct{ name, begin, begun, more, want string }{
		{"upload after 100 Continue", "POST /continue" + head + "Expect: 100-continue\r\n\r\n", "100 Continue\r\n\r\n", strings.Repeat("x", 1000), "version 1 stored 1000 of 1000"},
		{"upload after early hints", "POST /hints" + head + "\r\n", "preload\r\n\r\n", strings.Repeat("x", 1000), "version 1 stored 1000 of 1000"},
		{"mail", "EHLO here\r\nMAIL FROM:<a@b>\r\n", "250 version 1 has MAIL FROM:<a@b>\r\n", "DATA\r\n", "250 version 1 has DATA\r\n"},
		{"WebSocket", "GET /socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x82\x00\x00\x00\x00hi", "\x81\x02hi", "\x81\x82\x00\x00\x00\x00ho", "\x81\x02ho"},
	}
	h, save := small(t, "blocking.py", words("--probation 1h"), nil, "python3", "-B")
	type half struct {
		duplexConn
		n int
	}
	var halves []half
	for n, s := range sessions {
		halves = append(halves, half{client{Address: h.addr()}.begin(t), n}, half{testkit.Dial(t, h.addr()), n})
		for _, c := range halves[len(halves)-2:] {
			_, _ = io.WriteString(c, s.begin)
			hears(t, c, s.begun)
		}
	}
	save(2)
	time.Sleep(3 * time.Second) // longer than a connection rests before somebody takes it for idle
	for _, c := range halves {
		s := sessions[c.n]
		if _, err := io.WriteString(c, s.more); err != nil {
			t.Errorf("%s: %v", s.name, err)
		} else if got := hears(t, c, s.want); !strings.HasSuffix(got, s.want) {
			t.Errorf("%s was cut", s.name)
		}
	}
}

// An upload that is read goes on over saves until it ends, and so does a stream of tokens.
func TestStreamsStayWhole(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"node", "uvicorn", "go"} {
		t.Run(name, func(t *testing.T) {
			spare(t, name == "uvicorn")
			t.Parallel()
			h, address, save := keptServerOf(name, "--drain-timeout", "2s", "--probation", brief).start(t)
			upload := client{Address: address}.begin(t)
			upload.say(t, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
			save(2)
			h.Serving(2)
			tokens := client{Address: address}.begin(t)
			tokens.say(t, "GET /tokens HTTP/1.1\r\nHost: x\r\n\r\n")
			tokens.hears(t, "part ")
			size := 0
			testkit.Eventually(t, func() error {
				size++
				upload.say(t, "1\r\nx\r\n")
				if slices.ContainsFunc(h.Lines(), func(l line) bool { return (l.Event == "stays" || l.Event == "drained") && l.Gen == 1 }) {
					return nil
				}
				return errors.New("the time of a drain is not over")
			})
			upload.say(t, "0\r\n\r\n")
			upload.hears(t, fmt.Sprintf("version 1 size %d", size))
			save(3)
			h.Serving(3)
			all := ""
			_ = tokens.SetReadDeadline(time.Now().Add(patience))
			for b := make([]byte, 4096); !strings.Contains(all, "version 2 size 0"); {
				n, err := tokens.Read(b)
				if all += string(b[:n]); err != nil {
					t.Fatalf("%v after %d of 120 parts", err, 1+strings.Count(all, "part "))
				}
			}
		})
	}
}
