package console

import (
	"errors"
	"strconv"
)

// way is how a stream gets from the program to ours.
type way uint8

const (
	direct way = iota // the program has our own descriptor
	piped
	ptyed
)

// fact is what a descriptor of ours is. The zero value is a closed one.
type fact struct {
	open     bool
	terminal bool
	file     identity
}

// identity tells two open files apart (stat(3type)).
type identity struct{ dev, ino, rdev uint64 }

// plan is what the program gets as standard output and error.
type plan struct {
	out, err way
	joint    bool // both are one
}

// decide says what to relay. journal is the value of JOURNAL_STREAM: by it,
// programs that write to the journal directly recognise the descriptor as the
// journal's (systemd.exec(5)), and write elsewhere what is no such one. Only a
// wish to read the program's lines is worth more than that.
func decide(out, err fact, journal string, o Config) plan {
	if o.Direct {
		return plan{}
	}
	relay := func(f fact) way {
		if o.Ready == nil && f.named(journal) {
			return direct
		}
		return f.relayed()
	}
	p := plan{err: relay(err)}
	switch {
	case p.err != direct && out.open && out.file == err.file:
		p.out, p.joint = p.err, true
	case o.Ready != nil:
		p.out = relay(out)
	}
	return p
}

// errOurs says why the output of a program cannot be kept back.
var errOurs = errors.New("the program writes to hotswap's own output, or to the journal")

// keep is the plan for a program that is started ahead. What it writes is kept
// back until it may go on, so all of it is relayed, except what is closed; a
// program that must have our own descriptor cannot be started ahead.
func keep(out, err fact, journal string, o Config) (plan, error) {
	p := decide(out, err, journal, o)
	if o.Direct || out.named(journal) || err.named(journal) {
		return p, errOurs
	}
	if !p.joint {
		p.out = out.relayed()
	}
	return p, nil
}

// relayed is the way of a stream that somebody reads on the way.
func (f fact) relayed() way {
	switch {
	case !f.open:
		return direct
	case f.terminal:
		return ptyed
	}
	return piped
}

func (f fact) named(journal string) bool {
	return journal != "" && journal == strconv.FormatUint(f.file.dev, 10)+":"+strconv.FormatUint(f.file.ino, 10)
}
