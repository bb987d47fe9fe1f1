//go:build !unix

package child

func inherit(number) *Socket { return nil }

func inodeAt(int) uint64 { return 0 }

func closeInherited(int) {}
