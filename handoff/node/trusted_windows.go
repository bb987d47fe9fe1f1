package node

// trusted: the user's cache is the user's.
func trusted(string) error { return nil }
