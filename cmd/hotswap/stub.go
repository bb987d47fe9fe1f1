package main

import "github.com/urfave/cli/v2"

func doctorCommand(streams, *int) *cli.Command { return &cli.Command{Name: "doctor"} }
func demoCommand(streams, *int) *cli.Command   { return &cli.Command{Name: "demo"} }
func demoServerCommand() *cli.Command          { return &cli.Command{Name: "demo-server", Hidden: true} }
