package registry

import (
	"encoding/json"
	"time"
)

// Info is what is shown of an entry.
type Info struct {
	ID          ID            `json:"id"`
	Parent      ID            `json:"parent,omitempty"`
	Name        string        `json:"name"`
	State       string        `json:"state"`
	ThreadID    int           `json:"thread_id,omitempty"`
	QueueDepth  int           `json:"queue_depth"`
	Suspended   int           `json:"suspended"`
	Timers      int           `json:"timers"`
	CallsRun    uint64        `json:"calls_run"`
	LongestCall time.Duration `json:"longest_call"`
	Protected   bool          `json:"protected,omitempty"`
}

// Node is an entry with its children.
type Node struct {
	Info
	Children []*Node `json:"children,omitempty"`
}

// Tree returns the entries by descent, oldest first. An entry whose parent is gone is a root.
func Tree() []*Node {
	all := All(false)
	nodes := make(map[ID]*Node, len(all))
	for _, e := range all {
		nodes[e.ID()] = &Node{Info: e.Info()}
	}
	roots := []*Node{}
	for _, e := range all {
		n := nodes[e.ID()]
		if parent := nodes[n.Parent]; parent != nil {
			parent.Children = append(parent.Children, n)
		} else {
			roots = append(roots, n)
		}
	}
	return roots
}

// Snapshot returns the tree as JSON.
func Snapshot() ([]byte, error) { return json.MarshalIndent(Tree(), "", "  ") }
