//go:build !linux || !amd64

package inject

// Thread is a stopped thread of another process. There is none on this system.
type Thread struct{}

// Stop returns ErrForbidden.
func Stop(int, func(*Thread)) error { return ErrForbidden }

// HasSocket returns false.
func (*Thread) HasSocket(int, uint64) bool { return false }

// Call returns ErrForbidden.
func (*Thread) Call(func() bool, uintptr, ...uintptr) (int, error) { return 0, ErrForbidden }

// Flag returns false.
func (*Thread) Flag(bool) (uintptr, bool) { return 0, false }

// Poke returns ErrForbidden.
func (*Thread) Poke(uintptr, uint64) error { return ErrForbidden }

// Peek returns ErrForbidden.
func (*Thread) Peek(uintptr) (uint64, error) { return 0, ErrForbidden }

// Read returns ErrForbidden.
func (*Thread) Read(uintptr, []byte) error { return ErrForbidden }
