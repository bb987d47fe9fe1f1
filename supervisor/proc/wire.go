package proc

import (
	"errors"
	"syscall"
)

// The keeper and its parent talk over a pair of stream sockets. For a program the parent sends its descriptors
// (SCM_RIGHTS, with blanks), orderStart and a [Spec] by gob, whose strings may have any byte. The keeper sends JSON
// objects, in this order: filter (with its descriptor, if there is a filter), started or failed, exited, gone. Then
// the next program can follow. End of file without gone means that the keeper was killed. Other orders of the parent
// have one byte, so that the kernel takes an order or does not; end of file means that the parent has died.

// keeperEnv makes a process a keeper.
const keeperEnv = "HOTSWAP_KEEPER"

// controlFD is the keeper's end of the control socket.
const controlFD = 3

// message is what the keeper sends; one field is set.
type message struct {
	Filter  *failure  `json:"filter,omitempty"`  // without an error: it is installed
	Started *Identity `json:"started,omitempty"` // the program
	Failed  *failure  `json:"failed,omitempty"`
	Exited  *Exit     `json:"exited,omitempty"`
	Gone    bool      `json:"gone,omitempty"` // no process is left below
}

// failure is an error that travels as text and number. It is also the error at the other end.
type failure struct {
	Errno syscall.Errno `json:"errno,omitempty"`
	Text  string        `json:"error,omitempty"`
}

func failed(err error) *failure {
	f := &failure{Text: err.Error()}
	f.Text = f.Text[:min(len(f.Text), 500)] // the socket's room is limited, a name in the text is not
	errors.As(err, &f.Errno)
	return f
}

func (f *failure) Error() string { return f.Text }

func (f *failure) Unwrap() error {
	if f.Errno == 0 {
		return nil
	}
	return f.Errno
}

// What the parent sends in place of a signal, which has another number; orderBlank comes with descriptors.
const (
	orderBlank = ' '
	orderKill  = 128 + iota
	orderStart
)
