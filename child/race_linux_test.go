package child

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func init() {
	helpers["racer"] = helperRacer
	helpers["hang"] = helperHang
}

const (
	raceKeys  = 1000
	raceTurns = 8 // processes
)

func raceKey(n int) string { return "race/" + strconv.Itoa(n) }

// helperRacer defines all keys in an order of its own, and says which values it got. Each initializer counts
// itself.
func helperRacer() int {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	values := make([]int, raceKeys)
	todo := make(chan int, raceKeys)
	for _, n := range rand.Perm(raceKeys) {
		todo <- n
	}
	close(todo)
	failed := make(chan error, raceKeys)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for n := range todo {
				var err error
				values[n], err = Define(ctx, raceKey(n), func(ctx context.Context) (int, error) {
					_, err := Add(ctx, raceKey(n)+"/runs", 1)
					return os.Getpid(), err
				})
				if err != nil {
					failed <- err
				}
			}
		})
	}
	all.Wait()
	select {
	case err := <-failed:
		fmt.Println(err)
		return 1
	default:
	}
	fmt.Printf("%x\n", sha256.Sum256([]byte(fmt.Sprint(values))))
	return 0
}

// helperHang begins to define a key, or takes a lease, and does not end.
func helperHang() int {
	ctx := context.Background()
	switch os.Args[1] {
	case "define":
		_, err := Define(ctx, os.Args[2], func(context.Context) (int, error) { fmt.Println("begun"); select {} })
		fmt.Println(err)
	case "lease":
		err := Lease(ctx, os.Args[2], func(context.Context) error { fmt.Println("begun"); select {} })
		fmt.Println(err)
	}
	return 1
}

func helper(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	if os.Getenv(socketVariable) == "" {
		t.Skip("other processes have other memory")
	}
	cmd := exec.CommandContext(background(t), os.Args[0], args...)
	cmd.Env = append(os.Environ(), helperVariable+"="+name)
	return cmd
}

// Eight processes define a thousand keys at the same time: each initializer runs once, and all get the same
// values.
func TestStateDefineRace(t *testing.T) {
	clean(t)
	outs := make([]string, raceTurns)
	var all sync.WaitGroup
	for i := range raceTurns {
		cmd := helper(t, "racer")
		all.Go(func() {
			out, err := cmd.CombinedOutput()
			if outs[i] = string(out); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	all.Wait()
	for _, out := range outs {
		if out != outs[0] || strings.TrimSpace(out) == "" {
			t.Errorf("other values: %q", outs)
		}
	}
	by := map[int]int{}
	for n := range raceKeys {
		if runs, err := Get[int](background(t), raceKey(n)+"/runs"); runs != 1 || err != nil {
			t.Fatalf("the initializer of key %d ran %d times: %v", n, runs, err)
		}
		pid, err := Get[int](background(t), raceKey(n))
		if err != nil {
			t.Fatal(err)
		}
		by[pid]++
	}
	t.Logf("initializers by process: %v", by)
}

// kill -9 of the process whose initializer runs, or which has a lease: the next one begins, and not before.
func TestStateKillNine(t *testing.T) {
	clean(t)
	for _, what := range []string{"define", "lease"} {
		t.Run(what, func(t *testing.T) {
			cmd := helper(t, "hang", what, "kill/"+what)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if line, err := bufio.NewReader(out).ReadString('\n'); line != "begun\n" {
				t.Fatal(line, err)
			}
			begun, done := make(chan struct{}), make(chan error, 1)
			go func() {
				var err error
				if what == "define" {
					_, err = Define(background(t), "kill/define", func(context.Context) (int, error) { close(begun); return 1, nil })
				} else {
					err = Lease(background(t), "kill/lease", func(context.Context) error { close(begun); return nil })
				}
				done <- err
			}()
			set(t, "kill/other", 1) // a round trip
			select {
			case <-begun:
				t.Error("two at a time")
			default:
			}
			if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
			if err := cmd.Wait(); !errors.As(err, new(*exec.ExitError)) {
				t.Error(err)
			}
		})
	}
}
