//go:build !unix

package listenfds

func block(int) error { return nil }
