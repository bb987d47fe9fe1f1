package watch

import "fmt"

type NoticeKind uint8

const (
	Overflowed NoticeKind = iota + 1 // the kernel's queue overflowed; everything is being compared
	Polling                          // a folder is polled instead of watched; Err wraps a *LimitError if a limit is why
	Unreadable                       // a folder cannot be read, and is left out until the next event
	Remote                           // a folder is polled as well; Err is the kind of its file system
)

// Notice is for the user. It does not end the watching.
type Notice struct {
	Kind NoticeKind
	Path string // absolute; "" where it is about everything
	Err  error  // the cause
}

// String returns the notice as one line for people.
func (n Notice) String() string {
	switch n.Kind {
	case Overflowed:
		return "too many changes at once for the kernel's queue: comparing all files"
	case Polling:
		return fmt.Sprintf("polling %s for changes: %v", n.Path, n.Err)
	case Remote:
		return fmt.Sprintf(
			"%s is on a file system (%v) that does not report changes made elsewhere: also polling every %v", n.Path,
			n.Err, pollEvery)
	}
	return fmt.Sprintf("cannot read %s: %v", n.Path, n.Err)
}

// LimitError means that the system refused to watch any more. Raising Limit makes polling
// unnecessary.
type LimitError struct {
	Limit string // what to raise, such as "fs.inotify.max_user_watches"
	Err   error  // what the system refused, and its errno
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%v (raise %s)", e.Err, e.Limit)
}

func (e *LimitError) Unwrap() error { return e.Err }
