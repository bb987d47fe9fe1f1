package console

import "strconv"

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
		switch {
		case !f.open, o.Ready == nil && f.named(journal):
			return direct
		case f.terminal:
			return ptyed
		}
		return piped
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

func (f fact) named(journal string) bool {
	return journal != "" && journal == strconv.FormatUint(f.file.dev, 10)+":"+strconv.FormatUint(f.file.ino, 10)
}
