// Package project finds and reads the file of a project, hotswap.yaml: the command, the rules,
// and the values of options.
package project
