package child

import (
	"errors"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Socket is an inherited socket.
type Socket struct {
	Addr net.Addr // where it is bound
	Name string   // of LISTEN_FDNAMES, or ""

	inode  uint64 // 0: unknown
	stream bool
	of     *sockets
	file   *os.File // nil: it was claimed
}

// File claims the socket. The caller closes the file.
func (s *Socket) File() (*os.File, error) {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	if s.file == nil {
		return nil, errors.New("child: the inherited socket was claimed already")
	}
	f := s.file
	s.file = nil
	return f, nil
}

// Close closes a socket that nobody has claimed.
func (s *Socket) Close() error {
	f, err := s.File()
	if err != nil {
		return err
	}
	return f.Close()
}

// sockets are all that were inherited.
type sockets struct {
	mu  sync.Mutex // guards all[i].file
	all []*Socket
}

// inherited finds the sockets at the first use. From then on they are close-on-exec, and the variables that
// name them are gone, because they would mislead a process that this one starts.
var inherited = sync.OnceValue(func() *sockets {
	a := &sockets{}
	for _, p := range passed(os.Getenv, os.Getpid()) {
		inode := inodeAt(p.fd)
		switch {
		case a.has(inode):
			// A copy: with it, the socket would listen on when the program has closed its listener.
			closeInherited(p.fd)
		case !p.copy:
			if s := inherit(p); s != nil {
				s.of, s.inode = a, inode
				a.all = append(a.all, s)
			}
		}
	}
	if len(a.all) > 0 {
		for _, kv := range os.Environ() {
			if name, _, _ := strings.Cut(kv, "="); describes(name) {
				_ = os.Unsetenv(name)
			}
		}
	}
	return a
})

func (a *sockets) has(inode uint64) bool {
	return inode != 0 && slices.ContainsFunc(a.all, func(s *Socket) bool { return s.inode == inode })
}

func (a *sockets) rest() (out []*Socket) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.all {
		if s.file != nil {
			out = append(out, s)
		}
	}
	return out
}

// claim returns the socket that fits best, for the caller to close, or nil.
func (a *sockets) claim(network, address string, stream bool) *os.File {
	for {
		rest := a.rest()
		if len(rest) == 0 {
			return nil
		}
		w, err := parse(network, address, stream)
		if err != nil {
			return nil // package net says what is wrong
		}
		var best *Socket
		how := 0
		for _, s := range rest {
			if n := w.exactness(s); s.stream == stream && n > how {
				best, how = s, n
			}
		}
		if best == nil {
			return nil
		}
		if f, err := best.File(); err == nil { // else another goroutine was faster
			return f
		}
	}
}

// number is a descriptor that the environment names.
type number struct {
	fd   int
	name string
	copy bool // it is only meant to be a socket that another number names
}

// passed returns the descriptors that the environment names.
func passed(env func(string) string, pid int) (out []number) {
	seen := map[int]bool{}
	insert := func(n number) {
		if n.fd > 2 && !seen[n.fd] {
			seen[n.fd] = true
			out = append(out, n)
		}
	}
	add := func(text string) {
		if fd, err := strconv.Atoi(text); err == nil {
			insert(number{fd: fd})
		}
	}
	names := strings.Split(env("LISTEN_FDNAMES"), ":")
	listen := func(first int, copy bool) {
		for i := range count(env("LISTEN_FDS")) {
			n := number{fd: first + i, copy: copy}
			if i < len(names) {
				n.name = names[i]
			}
			insert(n)
		}
	}
	const start = 3 // SD_LISTEN_FDS_START
	ours := env("LISTEN_PID") == strconv.Itoa(pid)
	if ours {
		listen(start, false)
	}
	if first := count(env("LISTEN_FDS_FIRST_FD")); first > 0 { // copies that survive npm run, a shell and go run
		listen(first, false)
	}
	for i := range count(env("EINHORN_FD_COUNT")) {
		add(env("EINHORN_FD_" + strconv.Itoa(i)))
	}
	if all := env("SERVER_STARTER_PORT"); all != "" {
		for one := range strings.SplitSeq(all, ";") {
			at := strings.LastIndexByte(one, '=')
			add(one[at+1:])
		}
	}
	if !ours {
		listen(start, true)
	}
	return out
}

// maxPassed bounds what a number in the environment makes this process look for.
const maxPassed = 1024

func count(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return max(0, min(n, maxPassed))
}

// describes reports whether the variable describes inherited sockets.
func describes(name string) bool {
	switch name {
	case "LISTEN_FDS", "LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDNAMES", "LISTEN_FDS_FIRST_FD", "SERVER_STARTER_PORT", "EINHORN_FD_COUNT":
		return true
	}
	return strings.HasPrefix(name, "EINHORN_FD_")
}
