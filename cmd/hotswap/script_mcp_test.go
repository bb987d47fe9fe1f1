//go:build linux

package main

//lint:file-ignore SA1019 Clients have roots for a year yet.

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
	"slices"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// agent calls a tool of "hotswap mcp", which it starts in another folder: ask-mcp ROOT TOOL [ARGUMENTS]. It prints the
// answer, and ends with 1 if that is an error. Without a tool it prints the tools' names.
func agent() {
	log.SetFlags(0)
	ctx := context.Background()
	client := mcp.NewClient(&mcp.Implementation{Name: "test"}, nil)
	if os.Args[1] != "" {
		client.AddRoots(&mcp.Root{URI: "file://" + os.Args[1]})
	}
	server := exec.Command("hotswap", "mcp")
	server.Dir, server.Stderr = "/", os.Stderr
	session, err := client.Connect(ctx, &mcp.CommandTransport{Command: server}, nil)
	if err != nil {
		log.Fatal(err)
	}
	if len(os.Args) == 2 {
		tools, err := session.ListTools(ctx, nil)
		if err != nil {
			log.Fatal(err)
		}
		for _, t := range tools.Tools {
			fmt.Println(t.Name)
		}
		return
	}
	arguments := json.RawMessage(slices.Concat(os.Args[3:], []string{"{}"})[0])
	result, err := session.CallTool(ctx, &mcp.CallToolParams{Name: os.Args[2], Arguments: arguments})
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range result.Content {
		fmt.Println(c.(*mcp.TextContent).Text)
	}
	if err := session.Close(); err != nil {
		log.Fatal(err)
	}
	if result.IsError {
		os.Exit(1)
	}
}
