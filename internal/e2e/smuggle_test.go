//go:build linux

package e2e

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// smuggled is a part of a body which would be a request if a body ended before it.
const smuggled = "GET /admin/delete-all HTTP/1.1\r\nHost: x\r\nX-Forwarded-User: root\r\n\r\n"

// upload is a POST whose second part is sent after a save.
type upload struct {
	net.Conn
	name, rest string
	answer     strings.Builder
}

// beginUpload sends the first part, and waits until the program has begun to answer, if it does so before the end.
func beginUpload(t *testing.T, conn net.Conn, name, path, first, rest, early string) *upload {
	t.Helper()
	u := &upload{Conn: conn, name: name, rest: rest}
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", path, len(first)+len(rest), first)
	_ = conn.SetReadDeadline(time.Now().Add(time.Second))
	for b := make([]byte, 1); early != "" && !strings.HasSuffix(u.answer.String(), early); u.answer.Write(b) {
		if _, err := conn.Read(b); err != nil {
			t.Fatalf("%s: no early answer: %v", name, err)
		}
	}
	return u
}

// endUploads sends the second parts, and reads until nothing more comes.
func endUploads(t *testing.T, uploads []*upload) {
	t.Helper()
	var all sync.WaitGroup
	for _, u := range uploads {
		all.Go(func() {
			_, err := io.WriteString(u, u.rest)
			_ = u.SetReadDeadline(time.Now().Add(time.Second))
			_, _ = io.Copy(&u.answer, u)
			u.Close()
			t.Logf("%s: %v, %.300q", u.name, err, strings.ReplaceAll(u.answer.String(), "aaaaaaaa", ""))
		})
	}
	all.Wait()
}

// Early answers of the program, which come before the body has ended.
var early = []struct{ path, sign string }{
	{"/401", "\r\n\r\n"}, {"/hints", "\r\n\r\n"}, {"/echo", "aaaa"},
}

// A body from before a save is not a request to the new version, whatever it looks like, wherever it is cut.
func TestNoBodyBecomesARequest(t *testing.T) {
	t.Parallel()
	const seed = 42
	for _, name := range []string{"node", "uvicorn"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, log := keptServerOf(name, "--drain-timeout", "6s"), filepath.Join(t.TempDir(), "handlers")
			p.env = []string{"LOG=" + log}
			h, address, save := p.start(t)
			random := rand.New(rand.NewPCG(seed, seed))
			var uploads []*upload
			for n := range 5 * len(early) {
				e := early[n%len(early)]
				if name == "uvicorn" && e.path == "/hints" {
					continue // ASGI has none
				}
				body := strings.Repeat("a", 1000) + smuggled
				cut := 1000
				if n >= len(early) {
					cut += random.IntN(len(smuggled))
				}
				uploads = append(uploads, beginUpload(t, testkit.Dial(t, address),
					fmt.Sprintf("%s cut at %d", e.path, cut), e.path, body[:cut], body[cut:], e.sign))
			}
			save(2)
			h.Serving(2)
			h.Wait("the old version drains", e2etest.Of("draining", 1))
			endUploads(t, uploads)
			h.signal(os.Interrupt)
			h.Exit()
			got := string(testkit.Must(os.ReadFile(log))(t))
			if strings.Contains(got, "/admin") || strings.Contains(got, "root") {
				t.Errorf("a handler got what no client has sent:\n%s", got)
			}
			if whole := fmt.Sprintf("gen 1 stored %d", 1000+len(smuggled)); name != "uvicorn" &&
				!strings.Contains(got, whole) {
				t.Errorf("no upload with early hints was stored whole: %q is not in the log", whole)
			}
		})
	}
}
