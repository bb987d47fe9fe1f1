package procfs

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Stat has the fields of proc_pid_stat(5).
type Stat [][]byte

func (d Dir) Stat() (Stat, error) {
	b, err := d.Read("stat")
	if err != nil {
		return nil, err
	}
	// The second field, the name in parentheses, may contain anything.
	end := bytes.LastIndexByte(b, ')')
	if fields := bytes.Fields(b[end+1:]); end >= 0 && len(fields) >= 20 {
		return fields, nil
	}
	return nil, errors.New("stat has an unknown form")
}

// State returns the state, such as 'R' or 'S'. That of a process is its first thread's, which may be a zombie while
// other threads run.
func (s Stat) State() byte { return s[0][0] }

// Ticks returns the ticks since the machine's start, as field 22 has them: hundredths of a second for every
// architecture of Linux that Go runs on. LXC shows the container's age in /proc/uptime.
func Ticks() uint64 {
	const boottime = 7 // CLOCK_BOOTTIME, which only Linux has
	var up unix.Timespec
	_ = unix.ClockGettime(boottime, &up)
	return uint64(up.Nano()) / 1e7
}

// Field returns a field by its number in the manual page, from 3 on.
func (s Stat) Field(n int) string { return string(s[n-3]) }

func (s Stat) Number(n int) uint64 {
	v, _ := strconv.ParseUint(s.Field(n), 10, 64)
	return v
}

// Field returns the text behind a name at the start of a line, or "". The name ends at a colon or a space.
func Field(text []byte, name string) string {
	for line := range bytes.Lines(text) {
		rest, ok := bytes.CutPrefix(line, []byte(name))
		if ok && len(rest) > 0 && (rest[0] == ':' || rest[0] == ' ') {
			return string(bytes.TrimSpace(rest[1:]))
		}
	}
	return ""
}

// Number returns the first word of that text as a number of this base, or 0.
func Number(text []byte, name string, base int) uint64 {
	word, _, _ := strings.Cut(Field(text, name), " ")
	n, _ := strconv.ParseUint(word, base, 64)
	return n
}
