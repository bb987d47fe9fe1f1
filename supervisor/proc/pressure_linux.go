package proc

import (
	"fmt"
	"os"
)

// Shares of the last ten seconds, in percent, in which something had to wait. From these on
// the machine is under pressure.
const (
	processorPressure = 50
	memoryPressure    = 10
)

// pressed reports whether the machine is under pressure, by the kernel's pressure stall
// information in a folder (/proc/pressure). Without such information it is not.
func pressed(dir string) bool {
	return waited(dir+"/cpu") >= processorPressure || waited(dir+"/memory") >= memoryPressure
}

// waited returns the percentage of the last ten seconds in which some process waited.
func waited(file string) (percent float64) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	if _, err := fmt.Sscanf(string(text), "some avg10=%f", &percent); err != nil {
		return 0
	}
	return percent
}
