//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// PostgreSQL and pgbouncer run beside the server, by an ordinary user, because neither runs as root. Saves under load
// leave the database the connections that it had.
func TestPostgresKeepsItsConnections(t *testing.T) {
	t.Parallel()
	example := filepath.Join(root, "examples/postgres")
	install(t, example)
	dir := openFolder(t)
	testkit.NoError(t, os.CopyFS(dir, os.DirFS(example)))
	debian := testkit.Must(filepath.Glob("/usr/lib/postgresql/*/bin"))(t)
	o := options{dir: dir, args: []string{"--probation", brief},
		env: []string{"PATH=" + strings.Join(append(debian, os.Getenv("PATH"), "/usr/sbin"), ":")}}
	if os.Getuid() == 0 {
		o.as = &syscall.Credential{Uid: nobody, Gid: nobody}
		testkit.NoError(t, os.Chown(dir, nobody, nobody))
	}
	h := start(t, o)
	h.Serving(1)
	before := backends(t, dir, 4)
	savesNotes(t, h, writers(), filepath.Join(dir, "version.js"), 3, false)
	if after := backends(t, dir, 4); !slices.Equal(before, after) {
		t.Errorf("connections of the database before: %q, after: %q", before, after)
	}
}

// backends waits until the database has so many connections at least, and returns when each process of them began.
func backends(t *testing.T, dir string, least int) (all []string) {
	t.Helper()
	testkit.Eventually(t, func() error {
		out, err := exec.Command("psql", "-h", filepath.Join(dir, "data"), "-p", "5432", "-U", "app", "-d", "postgres",
			"-Atc", `
			select pid, backend_start from pg_stat_activity
			where backend_type = 'client backend' and pid <> pg_backend_pid() order by pid`).CombinedOutput()
		all = strings.Split(strings.TrimSpace(string(out)), "\n")
		if err == nil && (len(all) < least || all[0] == "") {
			err = fmt.Errorf("fewer than %d connections", least)
		}
		if err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
		return err
	})
	return all
}
