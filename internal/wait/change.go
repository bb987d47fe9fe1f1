package wait

// Change tells those who wait that something has changed. The lock of what changes guards it.
type Change struct{ next chan struct{} }

// Next returns a channel that is closed at the next change.
func (c *Change) Next() <-chan struct{} {
	if c.next == nil {
		c.next = make(chan struct{})
	}
	return c.next
}

// Now says that something has changed.
func (c *Change) Now() {
	if c.next != nil {
		close(c.next)
		c.next = nil
	}
}
