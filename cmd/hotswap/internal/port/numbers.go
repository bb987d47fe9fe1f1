package port

import (
	"maps"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/internal/regular"
)

// Numbers gives each port that stands in the code of a worktree's programs another one, its number, so that the
// programs of two worktrees do not collide. Any goroutine may call the methods. The zero value has no numbers, and
// gives none.
type Numbers struct {
	Config
	tree string // a physical path: where .git is, else the folder

	mu   sync.Mutex // guards what follows
	own  Given
	all  map[int]int // the memory's for the worktree, by the port in the code
	read time.Time   // the change of the memory's file that all is of
}

// number is in place of a port that a program of this hotswap has bound.
type number struct {
	Port   int
	New    bool  // nothing was remembered
	Serves bool  // a program has listened there
	err    error // why it is not remembered
}

// Config says where numbers come from.
type Config struct {
	Memory Memory
	From   int                 // the least number
	Taken  func(port int) bool // reports whether anybody has a port now
	Named  func(port int) bool // reports whether the user has named a port: then it means itself
	// Notify is called when a program listens at a number for the first time. An error says why it is not remembered.
	Notify func(code, number int, err error)
}

// NewNumbers returns the numbers of the worktree of a folder, which is a physical path. was are those of the hotswap
// that this one replaces.
func NewNumbers(folder string, was Given, c Config) *Numbers {
	n := &Numbers{Config: c, tree: regular.Nearest(folder, ".git", os.Stat), own: was}
	if n.tree == "" {
		n.tree = folder
	}
	if was == nil {
		n.own = Given{}
	}
	return n
}

func (n *Numbers) key(code int) string { return ":" + strconv.Itoa(code) + " " + n.tree }

// Bind returns the number of a port that a program binds; 0: the port means itself.
func (n *Numbers) Bind(port uint16) uint16 {
	return n.number(port, func(code int) int {
		isNew := n.rememberedLocked(code) == 0
		c, err := n.Memory.Choose(n.key(code), n.From, n.Taken)
		if c.Port != 0 { // else none is free
			n.own[code] = &number{Port: c.Port, New: isNew, err: err}
		}
		return c.Port
	})
}

// Connect returns the number of a port to which a program connects on this machine; 0: the port means itself. Numbers
// of other hotswaps of the worktree count.
func (n *Numbers) Connect(port uint16) uint16 { return n.number(port, n.rememberedLocked) }

// number returns the number of a port; 0: the port means itself. foundLocked finds a number where none is this
// hotswap's own.
func (n *Numbers) number(port uint16, foundLocked func(code int) int) uint16 {
	n.mu.Lock()
	defer n.mu.Unlock()
	code := int(port)
	is := n.own[code]
	switch {
	case n.codeLocked(code) != 0 || n.Named(code):
		return 0
	case is != nil:
		return uint16(is.Port)
	}
	return uint16(foundLocked(code))
}

// rememberedLocked returns the worktree's number of a port as the memory has it; 0: it has none.
func (n *Numbers) rememberedLocked(code int) int {
	if st, err := os.Stat(string(n.Memory)); err == nil && !st.ModTime().Equal(n.read) {
		n.read, n.all = st.ModTime(), map[int]int{}
		text, _ := os.ReadFile(string(n.Memory))
		all, _ := parse(text) // on an error the worktree has none
		for key, number := range all {
			port, tree, _ := strings.Cut(key, " ")
			if code, err := strconv.Atoi(strings.TrimPrefix(port, ":")); err == nil && tree == n.tree {
				n.all[code] = number
			}
		}
	}
	return n.all[code]
}

// Listens notes that a program of this hotswap listens at a port, which may be a number.
func (n *Numbers) Listens(port uint16) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if code := n.codeLocked(int(port)); code != 0 && !n.own[code].Serves {
		n.own[code].Serves = true
		n.Notify(code, int(port), n.own[code].err)
	}
}

// Code returns the port in the code that leads to an address; 0: the address has no number.
func (n *Numbers) Code(address string) int {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return 0
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.codeLocked(int(at.Port()))
}

func (n *Numbers) codeLocked(port int) int {
	for code, is := range n.own {
		if is.Port == port {
			return code
		}
	}
	return 0
}

// Given are the numbers of a hotswap that is being replaced, by the port in the code.
type Given map[int]*number

// Given returns what the hotswap that replaces this one needs.
func (n *Numbers) Given() Given {
	n.mu.Lock()
	defer n.mu.Unlock()
	return maps.Clone(n.own)
}

// Leave leaves the numbers to the hotswap that replaces this one.
func (n *Numbers) Leave() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.own = Given{}
}

// Close forgets new numbers at which no program has listened: it only looked for a free port.
func (n *Numbers) Close() {
	var vain []string
	for code, is := range n.own {
		if is.New && !is.Serves {
			vain = append(vain, n.key(code))
		}
	}
	if len(vain) > 0 {
		_ = n.Memory.change(func(all map[string]int) {
			for _, key := range vain {
				delete(all, key)
			}
		})
	}
}
