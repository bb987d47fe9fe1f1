//go:build linux

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// asker asks once for the version of a server.
type asker func() (pong, error)

// askAlways has each ask again and again, and fails the test if anything goes wrong. It returns what ends that.
func askAlways(t *testing.T, askers ...asker) (end func()) {
	var running sync.WaitGroup
	var over atomic.Bool
	for _, ask := range askers {
		running.Go(func() {
			for !over.Load() {
				if _, err := ask(); err != nil {
					t.Errorf("a request failed: %v", err)
					return
				}
			}
		})
	}
	end = sync.OnceFunc(func() {
		over.Store(true)
		running.Wait()
	})
	t.Cleanup(end)
	return end
}

// Unmodified servers at a unix socket are saved again and again under load. No request fails, and nothing is left at
// the end.
func TestUnixServers(t *testing.T) {
	t.Parallel()
	const byFastCGI = `fastcgi_pass app; fastcgi_param SCRIPT_FILENAME @DIR@/index.php; fastcgi_param REQUEST_METHOD $request_method;`
	for _, s := range []struct {
		name, command, args, needs string
		file, comment              string // of testdata/unix, and what begins one there
		pass                       string // how nginx passes requests on; "": clients connect to the socket
	}{
		{name: "Node", command: "node server.mjs", file: "server.mjs", comment: "//"},
		{name: "gunicorn", command: "/usr/bin/gunicorn -w 2 -b unix:app.sock app:wsgi",
			needs: "/usr/bin/gunicorn --version", file: "app.py", comment: "#"},
		{name: "PHP-FPM behind nginx", command: "/usr/sbin/php-fpm8.2 -F -R -y php-fpm.conf",
			needs: "/usr/sbin/php-fpm8.2 -v", args: "--watch **/*.conf", file: "php-fpm.conf", comment: ";",
			pass: byFastCGI},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			if s.needs != "" {
				needs(t, words(s.needs)...)
			}
			dir := t.TempDir()
			socket := filepath.Join(dir, "app.sock")
			save := func(version int) {
				write(t, filepath.Join(dir, s.file), strings.ReplaceAll(program(t, "unix/"+s.file), "@DIR@", dir)+
					fmt.Sprintln(s.comment, version))
			}
			save(1)
			write(t, filepath.Join(dir, "index.php"), program(t, "unix/index.php"))
			h := start(t, options{dir: dir, env: []string{"SOCKET=" + socket},
				args: append(words(s.args), "--probation", brief), command: words(s.command)})
			h.Serving(1)
			client, url := testkit.Client(socket), "http://unix/"
			if s.pass != "" {
				client, url = testkit.Client(""), "http://"+
					inFront(t, socket, strings.ReplaceAll(s.pass, "@DIR@", dir))+"/"
			}
			askers := []asker{func() (pong, error) { return pingedBy(client, url) }}
			askers = append(askers, askers[0])
			if s.name == "Node" { // whose adapter moves kept connections
				kept := testkit.Client(socket)
				kept.Transport.(*http.Transport).DisableKeepAlives = false
				t.Cleanup(kept.CloseIdleConnections)
				askers = append(askers, func() (pong, error) { return pingedBy(kept, url) })
			}
			end := askAlways(t, askers...)
			for gen := 2; gen <= 5; gen++ {
				save(gen)
				h.Serving(gen)
				answered(t, client, url, gen)
				if gen == 2 { // the others drain beside newer ones
					h.Drained(1)
				}
			}
			end()
			if n := h.Count(func(l line) bool { return l.Event == "drained" && l.Busy }); n > 0 && s.pass == "" {
				t.Errorf("%d generations were told to stop while they were busy", n)
			}
			h.signal(os.Interrupt)
			h.Wait("hotswap ends", is("stopping"))
			testkit.Eventually(t, func() error {
				left, err := filepath.Glob(filepath.Join(dir, "*.sock*"))
				hidden, _ := filepath.Glob(filepath.Join(dir, ".*.sock*"))
				left = append(left, hidden...)
				if len(left) > 0 {
					return fmt.Errorf("%q is left", left)
				}
				return err
			})
		})
	}
}
