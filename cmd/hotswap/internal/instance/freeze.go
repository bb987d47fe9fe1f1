package instance

// part is how a child finds what an instance has frozen.
const part = "instance"

// Frozen is what an instance leaves to a child.
type Frozen struct {
	Run     string // the run's name
	Control string // the path of the control socket; "": there is none
	Port    int    // that the program is told; 0: none
}

// Name is "instance".
func (i *Instance) Name() string { return part }

// Inherit returns what the instance of a parent has frozen; zero: there is none.
func Inherit(from func(part string, state any) ([]int, error)) (was Frozen, err error) {
	_, err = from(part, &was)
	return was, err
}

// Freeze waits until the record is written, keeps that record, and returns a [Frozen].
func (i *Instance) Freeze() (frozen any, fds []int, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.frozen = true
	return Frozen{i.rec.Run, i.rec.Control, i.port}, nil, nil
}

// Thaw lets the record be written again.
func (i *Instance) Thaw() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.frozen = false
	return nil
}

// Release leaves the record and the path of the control socket to a child. It ends the streams of events: clients find
// the child when they connect again.
func (i *Instance) Release() {
	i.mu.Lock()
	i.released = true
	i.mu.Unlock()
	if i.socket != nil {
		i.socket.Disown()
	}
	if i.server != nil {
		i.server.EndStreams()
	}
}

// Publish puts a child in its parent's place. It must return before the parent learns that
// the child serves, since the record must name the parent before the parent ends.
func (i *Instance) Publish() {
	if i.socket != nil {
		if err := i.socket.Publish(); err != nil {
			i.report.ControlUnavailable(err)
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.public = true
	if i.rec.Parent != nil {
		if parent, err := i.dir.Read(i.rec.Run); err == nil {
			i.parents = parent.Keepers
		}
		i.writeLocked()
	}
}
