//go:build unix && !linux

package proc

// OpenForWriting is empty: nothing tells it here.
func OpenForWriting(int) map[FileID]bool { return nil }

// OpenForWritingFrom knows nothing either.
func OpenForWritingFrom(int) map[FileID]bool { return nil }
