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

// PostgreSQL and pgbouncer run beside the server. Twenty saves under load leave the database the connections that it
// had. Without pgbouncer each generation has connections of its own.
func TestPostgresKeepsItsConnections(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		port         string
		least, saves int
	}{"pgbouncer": {"6432", 4, 20}, "directly": {"5432", 1, 1}} {
		t.Run(name, func(t *testing.T) {
			spare(t, name == "pgbouncer")
			t.Parallel()
			h, dir := postgres(t, c.port)
			before := backends(t, dir, c.least)
			savesNotes(t, h, writers(), filepath.Join(dir, "version.js"), 1+c.saves, false)
			after := backends(t, dir, c.least)
			kept := slices.ContainsFunc(after, func(b string) bool { return slices.Contains(before, b) })
			if name == "pgbouncer" && !slices.Equal(before, after) || name == "directly" && kept {
				t.Errorf("connections of the database before: %q, after: %q", before, after)
			}
		})
	}
}

// postgres starts the example by an ordinary user, because neither PostgreSQL nor pgbouncer runs as root.
func postgres(t *testing.T, port string) (h *hotswap, dir string) {
	t.Helper()
	example := filepath.Join(root, "examples/postgres")
	install(t, example)
	dir = openFolder(t)
	debian, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err == nil {
		err = os.CopyFS(dir, os.DirFS(example))
	}
	if err != nil {
		t.Fatal(err)
	}
	o := options{dir: dir, args: []string{"--probation", brief}, env: []string{
		"DATABASE_PORT=" + port, "PATH=" + strings.Join(append(debian, os.Getenv("PATH"), "/usr/sbin"), ":"),
	}}
	if os.Getuid() == 0 {
		o.as = &syscall.Credential{Uid: nobody, Gid: nobody}
		testkit.NoError(t, os.Chown(dir, nobody, nobody))
	}
	h = start(t, o)
	h.Serving(1)
	return h, dir
}

// backends waits until the database has so many connections at least, and returns when each process of them began.
func backends(t *testing.T, dir string, least int) (all []string) {
	t.Helper()
	testkit.Eventually(t, func() error {
		out, err := exec.Command("psql", "-h", filepath.Join(dir, "data"), "-p", "5432", "-U", "app", "-d", "postgres", "-Atc", `
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
