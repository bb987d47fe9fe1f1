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
	"github.com/hotswap-dev/hotswap/supervisor/report"
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

// A generation on whose successor's probation a rollback comes, with a request in the midst, serves again: new
// connections go to it, the request is answered, and nobody watches its
// connections any more.
func TestRollbackWithARequestUnderWay(t *testing.T) {
	t.Setenv(beHotswapEnv, "1") // for the children
	o := doctor.Options()
	o.Probation = time.Minute
	b, port, _ := startTrial(t, o)
	busy := keep(t, port)
	busy.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n1")
	testkit.Must(b.Replace(t.Context()))(t)
	fresh := keep(t, port)
	fresh.send(ping)
	fresh.answer(2)

	r, err := b.Engine.Supervisor.Rollback(t.Context())
	if err != nil || r.Outcome != report.OutcomeRolledBack || r.Gen != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	if s := b.Engine.Supervisor.Current(); s.Generation != 1 || s.RolledBackFrom != 2 {
		t.Errorf("status %+v", s)
	}
	fresh = keep(t, port)
	fresh.send(ping)
	fresh.answer(1)
	testkit.NoError(t, b.Await(t.Context(), func(s report.Status) (bool, error) { return len(s.Generations) == 1, nil })) // generation 2 is gone
	busy.send("2345")
	busy.answer(1)
	for range 20 {
		busy.send(ping)
		busy.answer(1)
	}
	for range 4 {
		time.Sleep(150 * time.Millisecond) // a watch would end it in such a pause
		busy.send(ping)
		busy.answer(1)
	}
	if r, err := b.Engine.Supervisor.Rollback(t.Context()); err != nil || r.Outcome != report.OutcomeNothing {
		t.Errorf("%+v, %v", r, err)
	}
	if version, err := b.Replace(t.Context()); err != nil || version != 3 {
		t.Errorf("version %d, %v", version, err)
	}
}
