package handoff

// Private: the user's folders are the user's.
func Private(string) error { return nil }

// PrivateFile: and so are the files.
func PrivateFile(string) error { return nil }

// Trusted: and what leads to them.
func Trusted(string) error { return nil }
