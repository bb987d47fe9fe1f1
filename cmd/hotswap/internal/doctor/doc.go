// Package doctor tries each mechanism that hotswap uses on this machine, and says what is
// missing and what to do. A probe uses the mechanism itself, and never judges by a version.
package doctor
