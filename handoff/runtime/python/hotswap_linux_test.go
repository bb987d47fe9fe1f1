package python_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// served is an ASGI server of which the test plays hotswap.
type served struct {
	*testkit.Adapter // of its first process
	t                *testing.T
	wire             *testkit.Wire
	at               string           // where it listens
	process          *testkit.Process // the command
}

// serve starts a command in a folder with the application testdata/served.py.
func serve(t *testing.T, command ...string) *served {
	t.Helper()
	if _, err := exec.LookPath(command[0]); err != nil {
		t.Skip(err) // .ci/install installs it
	}
	s := &served{t: t, wire: testkit.OpenWire(t, "node")}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = testkit.Must(filepath.Abs("testdata"))(t)
	cmd.Env = append(os.Environ(), "HOTSWAP_WIRE="+s.wire.Path, "HOTSWAP_PYTHON="+filepath.Dir(s.wire.Path),
		"PYTHONPATH="+testkit.Must(filepath.Abs("site"))(t), "PYTHONDONTWRITEBYTECODE=1")
	s.process = testkit.Start(t, cmd)
	s.Adapter = s.wire.Joined()
	l := s.Next()
	if l.Type != "listening" || (l.Port > 0) != strings.Contains(l.At, ":") {
		t.Fatalf("%+v", l)
	}
	s.at = l.At
	return s
}

func (s *served) client() *testkit.Conn {
	s.t.Helper()
	return testkit.ConnOf(s.t, testkit.Dial(s.t, s.at))
}

const (
	drain  = `{"type":"drain"}`
	moves  = `{"type":"drain","moves":true}`
	resume = `{"type":"resume"}`
)
