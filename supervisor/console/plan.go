package console

import (
	"errors"
	"strconv"
)

// way is the way of a stream from the program to ours.
type way uint8

const (
	direct way = iota // the program has our own descriptor
	piped
	ptyed
)

// fact describes a descriptor of ours. The zero value is a closed one.
type fact struct {
	open     bool
	terminal bool
	file     identity
}

// identity identifies an open file (stat(3type)).
type identity struct{ dev, ino, rdev uint64 }

// plan describes the program's standard output and error.
type plan struct {
	out, err way
	joint    bool // both are one
}

// decide returns what to relay. By JOURNAL_STREAM, programs recognise a descriptor of the
// journal and write to the journal directly (systemd.exec(5)). So such a descriptor is
// not replaced, unless the program's lines must be read.
func decide(out, err fact, journal string, o Config) plan {
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

// errDirect reports why the output of a program cannot be kept back.
var errDirect = errors.New("the program writes to the journal")

// keep returns the plan for a standby, whose output is kept back. So every open stream is
// relayed. A program that must have our descriptor can have no standby.
func keep(out, err fact, journal string, o Config) (plan, error) {
	p := decide(out, err, journal, o)
	if out.named(journal) || err.named(journal) {
		return p, errDirect
	}
	if !p.joint {
		p.out = out.relayed()
	}
	return p, nil
}

// relayed returns the way of a stream that is relayed.
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
