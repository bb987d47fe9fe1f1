package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/doctor"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// kept is a connection that a client keeps.
type kept struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func keep(t *testing.T, port int) *kept {
	t.Helper()
	c, err := net.Dial("tcp4", doctor.Addr(port))
	testkit.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return &kept{t, c, bufio.NewReader(c)}
}

func (k *kept) send(text string) {
	k.t.Helper()
	testkit.Must(io.WriteString(k.conn, text))(k.t)
}

// answer demands one from that version.
func (k *kept) answer(version int) {
	k.t.Helper()
	if body := k.text(); !strings.Contains(body, fmt.Sprintf(`"version":%d,`, version)) {
		k.t.Fatalf("%s; want version %d", body, version)
	}
}

// text is the body of the next answer.
func (k *kept) text() string {
	k.t.Helper()
	res, err := http.ReadResponse(k.in, nil)
	testkit.NoError(k.t, err)
	body, err := io.ReadAll(res.Body)
	testkit.NoError(k.t, err)
	return string(body)
}

// startTrial is the doctor's server under a supervisor; generation 1 serves.
func startTrial(t *testing.T, o options.Options) (b *doctor.Trial, port int, end func()) {
	t.Helper()
	port = freePort(t)
	b, err := doctor.NewTrial(o, port)
	testkit.NoError(t, err)
	testkit.NoError(t, b.Begin(t.Context()))
	end = sync.OnceFunc(func() { b.End(context.Background()) })
	t.Cleanup(end)
	return b, port, end
}

const ping = "GET /ping HTTP/1.1\r\nHost: x\r\n\r\n"
