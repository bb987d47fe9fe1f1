package main

import "github.com/hotswap-dev/hotswap/bench/fresh"

// machinery is the harness of the commands that measure something else than saves.
type machinery struct{ *fresh.Harness }

func prepare(o fresh.Options) (machinery, error) {
	h, err := fresh.Begin(o)
	return machinery{h}, err
}
