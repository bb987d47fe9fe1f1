package port

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// tree returns the numbers of a hotswap in a folder, and what they have reported.
func tree(t *testing.T, m Memory, folder string, was Given) (*Numbers, *[]string) {
	t.Helper()
	var said []string
	n := NewNumbers(folder, was, Config{
		Memory: m, From: 4000, Taken: nobody, Named: func(p int) bool { return p == 8080 },
		Notify: func(code, number int, err error) { said = append(said, fmt.Sprint(code, " ", number, " ", err)) },
	})
	return n, &said
}

func TestNumbers(t *testing.T) {
	m := Memory(filepath.Join(t.TempDir(), "ports.json"))
	a, b := t.TempDir(), t.TempDir()
	testkit.NoError(t, os.MkdirAll(filepath.Join(a, ".git"), 0o700), os.MkdirAll(filepath.Join(a, "web"), 0o700))
	api, said := tree(t, m, a, nil)
	web, _ := tree(t, m, filepath.Join(a, "web"), nil)
	other, _ := tree(t, m, b, nil)
	ask := func(what string, got, want uint16) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %d, want %d", what, got, want)
		}
	}
	ask("nobody has bound it", web.Connect(3000), 0)
	ask("the first", api.Bind(3000), 4000)
	ask("once more", api.Bind(3000), 4000)
	ask("a number", api.Bind(4000), 0)
	ask("the user's", api.Bind(8080), 0)
	ask("another worktree", other.Bind(3000), 4001)
	ask("the same worktree connects", web.Connect(3000), 4000)
	ask("another one connects", other.Connect(3000), 4001)
	ask("a second port", api.Bind(3001), 4002)
	ask("to the user's", api.Connect(8080), 0)
	api.Listens(4000)
	api.Listens(4000)
	api.Listens(5000)
	if got := strings.Join(*said, "; "); got != "3000 4000 <nil>" {
		t.Errorf("it said %s", got)
	}
	if api.Code("[::]:4000") != 3000 || api.Code("127.0.0.1:3000") != 0 || api.Code("/a") != 0 ||
		new(Numbers).Code("[::]:1") != 0 {
		t.Error("Code")
	}

	// What replaces it goes on. At the end what nobody has served is forgotten, unless it was there before.
	next, _ := tree(t, m, a, api.Given())
	api.Leave()
	api.Close()
	ask("the next one", next.Bind(3000), 4000)
	next.Close()
	again, _ := tree(t, m, a, nil)
	ask("what was only tried is free", again.Bind(3002), 4002)
	ask("what served stays", again.Bind(3000), 4000)
	again.Close()
	all, err := parse(testkit.Must(os.ReadFile(string(m)))(t))
	if _, kept := all[":3000 "+a]; !kept || err != nil || len(all) != 2 {
		t.Errorf("%v, %v", all, err)
	}
	none, _ := tree(t, "", t.TempDir(), nil)
	ask("without a memory", none.Bind(3000), 4000)
}

// A claim lasts as long as somebody has the file, and is one for all who share it.
func TestClaims(t *testing.T) {
	m := Memory(filepath.Join(t.TempDir(), "ports.json"))
	a, b := m.Claims(), m.Claims()
	for range 2 {
		if !a.Claim(4000) || b.Claim(4000) || !b.Claim(4001) || a.Claim(4001) {
			t.Error("two claim one port")
		}
	}
	testkit.NoError(t, a.file.Close())
	if !b.Claim(4000) {
		t.Error("a claim outlives its file")
	}
	if none := Memory("").Claims(); none != nil || !none.Claim(1) || none.FDs() != nil {
		t.Error("without a memory")
	}
}
