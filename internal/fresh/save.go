package main

import (
	"errors"
	"os"
	"path/filepath"
	"time"
)

// How an editor saves.
const (
	inPlace = "write"  // truncates and writes
	renamed = "rename" // writes beside the file and renames
)

// save writes the next version and returns the time of the save's end.
func (p *process) save(of program) (style string, ended time.Time, err error) {
	p.version++
	p.saves++
	file, text := filepath.Join(p.dir, of.source), of.version(p.version, time.Now().UnixNano())
	if style = inPlace; p.saves%2 == 0 && p.contender.inPlace == "" {
		style = renamed
		err = errors.Join(os.WriteFile(file+"~", text, 0o644), os.Rename(file+"~", file))
	} else {
		err = os.WriteFile(file, text, 0o644)
	}
	return style, time.Now(), err
}
