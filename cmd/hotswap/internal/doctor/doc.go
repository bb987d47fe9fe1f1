// Package doctor tries each mechanism that hotswap uses on this machine, and says what is
// missing and what to do about it. It tries for real: a probe never asks for a version.
package doctor
