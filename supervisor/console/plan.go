package console

// way is the way of a stream from the program to ours.
type way uint8

const (
	direct way = iota // the program has our own descriptor, which is closed
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

// decide returns how to relay our streams.
func decide(out, err fact) plan {
	return plan{out: out.way(), err: err.way(), joint: err.open && out.open && out.file == err.file}
}

// way returns the way to the stream.
func (f fact) way() way {
	switch {
	case !f.open:
		return direct
	case f.terminal:
		return ptyed
	}
	return piped
}
