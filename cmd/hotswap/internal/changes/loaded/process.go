package loaded

import "fmt"

// Process is a process of a generation.
type Process struct {
	PID      int
	Name     string // of the file that it runs
	Reported bool   // the process has reported all that it has loaded and read
	Starts   bool   // the process only starts others, or only answers them
	Waited   bool   // a child of the process has ended, of which nothing is known
}

// Unsure returns why the processes of a generation may have read code without a report, or "".
//
// A child that has ended may have been a compiler, a code generator or a bundler, whose output serves; so may every process
// that runs beside the program.
func Unsure(processes []Process) string {
	for _, p := range processes {
		switch {
		case p.Waited:
			return fmt.Sprintf("%s (process %d) has run a program that has ended", p.Name, p.PID)
		case !p.Reported && !p.Starts:
			return fmt.Sprintf("%s (process %d) does not say what it reads", p.Name, p.PID)
		}
	}
	if len(processes) == 0 {
		return "no process is known"
	}
	return ""
}
