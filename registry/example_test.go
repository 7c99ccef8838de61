package registry_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/registry"
)

// Who is there, whose child it is, and how it is doing.
func Example() {
	ctx := context.Background()
	server, _ := caller.New(ctx, caller.WithName("server"))
	disk, _ := server.Get("disk")
	_, _ = disk.Get("cache")
	_, _ = server.Get("net", caller.WithProtected())

	var show func(nodes []*registry.Node, depth int)
	show = func(nodes []*registry.Node, depth int) {
		for _, n := range nodes {
			fmt.Printf("%s%s %s, protected %t\n", strings.Repeat("  ", depth), n.Name, n.State, n.Protected)
			show(n.Children, depth+1)
		}
	}
	show(registry.Tree(), 0)

	found, ok := registry.ByName("disk")
	fmt.Println(ok, found.ID() == disk.ID())
	fmt.Println(registry.StopAll(ctx, server.ID()), len(registry.All(true))) // all but server
	fmt.Println(registry.StopAll(ctx), len(registry.All(false)))
	// Output:
	// server running, protected false
	//   disk running, protected false
	//     cache running, protected false
	//   net running, protected true
	// true true
	// <nil> 1
	// <nil> 0
}
