//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/python"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// pythonFacts says things again and again, as servers do for each request, and new ones each time.
const pythonFacts = `
import os, sys, _socket
for i in range(%d):
    os.environ["TZ"] = str(i)
    os.environ["OTHER%%d" %% i] = "x"
    os.chdir("/" if i %% 2 else "/tmp")
    sys.path[:] = sys.path[::-1]
    sys.modules["odd"] = sys
    _socket.socket().close()
    del sys.modules["odd"]
    _socket.socket().close()
print(sum(os.path.getsize(os.environ["TOLD"] + "/" + f) for f in os.listdir(os.environ["TOLD"])))
`

// What a program tells is bounded: a fact is told once, and a program whose facts are new each time is told of no more
// at some point.
func TestWhatIsToldIsBounded(t *testing.T) {
	t.Parallel()
	told := func(n int) (size int) {
		folder := t.TempDir()
		l := &handoff.Launch{Gen: 1}
		testkit.Must(python.New(func(handoff.GenID) string { return folder }).Prepare(l))(t)
		cmd := exec.Command(pythons(t)[0], "-c", fmt.Sprintf(pythonFacts, n))
		cmd.Env = append(append(os.Environ(), l.Env...), "TOLD="+folder)
		out, err := cmd.Output()
		if err == nil {
			size, err = strconv.Atoi(strings.TrimSpace(string(out)))
		}
		if err != nil || size == 0 {
			t.Fatalf("%q, %v", out, err)
		}
		return size
	}
	if few, many := told(1100), told(6000); many > few+few/4 {
		t.Errorf("%d bytes after 6,000 times, %d after 1,100", many, few)
	}
}

// Which variables a library may read: those that it names, or that end a name that it
// has, if it asks the C library for any.
func TestVariablesOfLibraries(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var names, wants []string
	for _, c := range []struct{ name, source, reads string }{
		{"silent", `const char *x = "SUPPORT", *y = "PORT";`, ""},
		{"merged", `char *getenv(const char *); const char *x = "SUPPORT"; char *f(void) { return getenv("PORT"); }`,
			" PORT"},
		{"other", `char *getenv(const char *); char *f(void) { return getenv("EXPORT_"); }`, ""},
		{"defines", `char *getenv_not(const char *n) { return 0; } char *f(void) { return getenv_not("PORT"); }`, ""},
		{"environ", `extern char **environ; const char *x = "PORT"; char **f(void) { return environ; }`, " PORT"},
		{"secured", `char *secure_getenv(const char *); char *f(void) { return secure_getenv("PORT"); }`, " PORT"},
		{"far_away",
			`char *getenv(const char *); const char big[3000000] = {1}; const char at[] = "PORT"; char *f(void) { return getenv(at); }`, " PORT"},
		{"none", "", " PORT HOME_OF_NOBODY"},
	} {
		names, wants = append(names, c.name), append(wants, c.name+c.reads)
		if c.source == "" {
			continue
		}
		write(t, filepath.Join(dir, c.name+".c"), c.source)
		execute(t, dir, nil, "gcc", "-O2", "-shared", "-fPIC", "-o", c.name+".so", c.name+".c")
	}
	write(t, filepath.Join(dir, "ask.py"), `
import sys
space = {}
exec(open(sys.argv[1]).read(), space)
for name in sys.argv[2:]:
    if name.startswith("bound"):
        space["left"] = 4 << 20  # for far_away once
        name = "far_away"
    print(name, *[n.decode() for n in space["may_read"](name + ".so", [b"PORT", b"HOME_OF_NOBODY"])])
`)
	names, wants = append(names, "bound", "far_away"), append(wants, "far_away PORT", "far_away PORT HOME_OF_NOBODY",
		"")
	for _, binary := range pythons(t) {
		cmd := exec.Command(binary,
			append([]string{"ask.py", filepath.Join(root, "handoff/runtime/python/site/library.py")}, names...)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil || string(out) != strings.Join(wants, "\n") {
			t.Errorf("%s: %v\n%s\nwant %q", binary, err, out, wants)
		}
	}
}
