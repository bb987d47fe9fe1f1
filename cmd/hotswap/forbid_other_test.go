//go:build !linux

package main

const seccompCall = ""

func forbidAsAsked() error { return nil }

func mountProcAsAsked() error { return nil }
