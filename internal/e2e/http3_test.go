//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A server of HTTP/3 is saved under load and no save fails. A QUIC connection ends with its generation: a request that is
// under way at the cutover is repeated on a new connection, and a kept connection is replaced, at once where both
// generations have one key for stateless resets.
func TestHTTP3(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "http3")
	if err := e2etest.Build(program, "internal/e2e/testdata/http3", nil); err != nil {
		t.Skip("needs quic-go: ", err)
	}
	for name, env := range map[string]string{"timeout": "RESETS=", "stateless reset": "RESETS=yes"} {
		t.Run(name, func(t *testing.T) {
			spare(t, name == "timeout")
			t.Parallel()
			dir, port := t.TempDir(), freePort(t)
			write(t, filepath.Join(dir, "version.txt"), "1")
			h := start(t, options{
				dir: dir, env: []string{"PORT=" + port, env}, args: []string{"--watch", "**/*.txt", "--probation", brief}, command: []string{program},
			})
			h.Serving(1)
			client := exec.Command(program, "client")
			client.Env = append(os.Environ(), "PORT="+port)
			in := testkit.Must(client.StdinPipe())(t)
			p := testkit.Start(t, client)
			reach := func(gen int) {
				t.Helper()
				testkit.Eventually(t, func() error {
					for _, kind := range []string{"fresh", "kept"} {
						if !strings.Contains(p.Output(), fmt.Sprintf("%s %d\n", kind, gen)) {
							return fmt.Errorf("no answer of generation %d to a %s connection", gen, kind)
						}
					}
					return nil
				})
			}
			reach(1)
			for gen := 2; gen <= enough(11, 4); gen++ {
				write(t, filepath.Join(dir, "version.txt"), fmt.Sprint(gen))
				h.Serving(gen)
				reach(gen)
			}
			_ = in.Close()
			<-p.Done
			said := p.Output()
			fresh, kept := strings.Count(said, "again fresh"), strings.Count(said, "again kept")
			t.Logf("%d answers; repeated: %d on fresh connections, %d on kept ones", strings.Count(said, "\n")-fresh-kept, fresh, kept)
			if fresh > 10 || kept > 10 || h.Count(is("failed")) > 0 {
				t.Error("more than one request of a client was repeated at a cutover, or a save failed")
			}
		})
	}
}
