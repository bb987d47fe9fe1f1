// Package portless remembers of programs that listen on nothing, workers and jobs, that they listened nowhere in their last
// run.
package portless

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Program is a command in a folder.
type Program struct {
	Was  bool   // it listened nowhere in its last run
	is   bool   // the same of this run; the supervisor's loop owns it
	file string // is there if it was; "": there can be none
}

// Open returns what is remembered of a command in a folder, beside what home names.
func Open(home func() (string, error), folder string, command []string) *Program {
	beside, err := home()
	if err != nil {
		return &Program{}
	}
	sum := sha256.Sum256([]byte(folder + "\x00" + strings.Join(command, "\x00")))
	p := &Program{file: filepath.Join(filepath.Dir(beside), "portless", hex.EncodeToString(sum[:]))}
	_, err = os.Lstat(p.file)
	p.Was, p.is = err == nil, err == nil
	return p
}

// Notice notes what the supervisor reports. It runs in the supervisor's loop.
func (p *Program) Notice(n report.Notice) {
	switch n := n.(type) {
	case report.NoticeServing:
		p.is = p.is && len(n.Endpoints) == 0
	case report.NoticeRunning:
		p.is = true
	}
}

// Remember keeps for the next run, which can do without, what this one has shown.
func (p *Program) Remember() {
	switch {
	case p.is == p.Was || p.file == "" || scratch.MakeState(filepath.Dir(p.file)) != nil:
	case p.is:
		_ = os.WriteFile(p.file, nil, 0o600)
	default:
		_ = os.Remove(p.file)
	}
}
