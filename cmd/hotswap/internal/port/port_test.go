package port

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestChoose(t *testing.T) {
	for name, c := range map[string]struct {
		own    int
		others []int
		from   int
		taken  []int
		want   Choice
	}{
		"the first":                  {0, nil, 4000, nil, Choice{Port: 4000}},
		"another folder's":           {0, []int{4000, 4002}, 4000, nil, Choice{Port: 4001}},
		"somebody's":                 {0, []int{4000}, 4000, []int{4001}, Choice{Port: 4002}},
		"its own":                    {4007, []int{4000}, 4000, nil, Choice{Port: 4007}},
		"its own is taken":           {4000, []int{4001}, 4000, []int{4000}, Choice{Port: 4002, Taken: 4000}},
		"its own lies before from":   {4000, nil, 5000, nil, Choice{Port: 5000}},
		"browsers refuse it":         {0, nil, 4045, nil, Choice{Port: 4046}},
		"nothing above 65535":        {0, []int{65534}, 65534, []int{65535}, Choice{}},
		"its own is taken, no other": {65535, nil, 65535, []int{65535}, Choice{Taken: 65535}},
	} {
		got := choose(c.own, c.others, c.from, func(p int) bool { return slices.Contains(c.taken, p) })
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	tried := 0
	if c := choose(0, nil, 20000, func(int) bool { tried++; return true }); c.Port != 0 || tried != most {
		t.Errorf("%+v after %d ports", c, tried)
	}
}

func nobody(int) bool { return false }

// Folders that ask at once get different ports, and keep them. The port of a folder that was removed is free again.
func TestEachFolderKeepsItsPort(t *testing.T) {
	m := Memory(filepath.Join(t.TempDir(), "hotswap", "ports.json"))
	folders, ports := make([]string, 8), make([]int, 8)
	var all sync.WaitGroup
	for i := range ports {
		folders[i] = t.TempDir()
		all.Go(func() {
			c, err := m.Choose(folders[i], 4000, nobody)
			if err != nil {
				t.Error(err)
			}
			ports[i] = c.Port
		})
	}
	all.Wait()
	sorted := slices.Sorted(slices.Values(ports))
	if !slices.Equal(sorted, []int{4000, 4001, 4002, 4003, 4004, 4005, 4006, 4007}) {
		t.Fatal(ports)
	}
	for i, folder := range folders {
		if c, err := m.Choose(folder, 4000, nobody); err != nil || c.Port != ports[i] {
			t.Errorf("%d becomes %+v, %v", ports[i], c, err)
		}
	}
	if c, err := m.Choose(folders[0], 4000, func(p int) bool { return p == ports[0] }); err != nil ||
		c != (Choice{4008, ports[0]}) {
		t.Errorf("its port is taken: %+v, %v", c, err)
	}
	if c, err := m.Choose(folders[0], 4000, nobody); err != nil || c.Port != ports[0] {
		t.Errorf("its port is free again: %+v, %v", c, err)
	}
	testkit.NoError(t, os.Remove(folders[3]))
	if c, err := m.Choose(t.TempDir(), 4000, nobody); err != nil || c.Port != ports[3] {
		t.Errorf("a new folder gets %+v, %v; want %d", c, err, ports[3])
	}
}

func TestFoldersAreBounded(t *testing.T) {
	m := Memory(filepath.Join(t.TempDir(), "ports.json"))
	dir, all := t.TempDir(), map[string]int{}
	for i := range maxRemembered {
		folder := filepath.Join(dir, fmt.Sprint(i))
		testkit.NoError(t, os.Mkdir(folder, 0o700))
		all[folder] = 5000 + i
	}
	text, _ := json.Marshal(all)
	testkit.NoError(t, os.WriteFile(string(m), text, 0o600))
	if c, err := m.Choose(t.TempDir(), 4000, nobody); c.Port != 4000 || err == nil ||
		!strings.Contains(err.Error(), "1000 ports") {
		t.Errorf("%+v, %v", c, err)
	}
}

// What cannot be remembered does not keep the program from its start.
func TestMemoryThatFails(t *testing.T) {
	m := Memory(filepath.Join(t.TempDir(), "ports.json"))
	for text, want := range map[string]string{"[": "remove this file", `{"/x": "y"}`: "remove this file", "": ""} {
		testkit.NoError(t, os.WriteFile(string(m), []byte(text), 0o600))
		c, err := m.Choose(t.TempDir(), 4000, nobody)
		if c.Port != 4000 || (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v", text, c, err)
		}
	}
}

// A port is in use wherever on this machine a socket listens there.
func TestFree(t *testing.T) {
	port, _ := strconv.Atoi(testkit.FreePort(t))
	for _, host := range []string{"127.0.0.1", "::1", "0.0.0.0", "::"} {
		l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil {
			t.Log(err) // no IPv6
			continue
		}
		if Free(port) {
			t.Errorf("%s: free, and has a listener", l.Addr())
		}
		l.Close()
		if !Free(port) {
			t.Errorf("%s: not free, and has no listener", l.Addr())
		}
	}
}
