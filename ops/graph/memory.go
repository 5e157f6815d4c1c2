package graph

import (
	"slices"

	G "gorgonia.org/gorgonia"
)

// memory returns that of the value of a node, which may be what another had.
func (c *compiler[T]) memory(n *G.Node) []T {
	size := elementsOf(n)
	if free := c.free[size]; len(free) > 0 && c.isPassing(n) {
		c.free[size] = free[:len(free)-1]
		return free[len(free)-1]
	}
	return make([]T, size)
}

// read says that a call has read a node, after which its memory may be that of another.
func (c *compiler[T]) read(nodes ...*G.Node) {
	for _, n := range nodes {
		c.unread[n]--
		if x, ok := c.values[n].([]T); ok && c.unread[n] == 0 && c.isPassing(n) {
			c.free[len(x)] = append(c.free[len(x)], x)
		}
	}
}

// isPassing reports whether the value of a node is read by the calls of the same run alone.
func (c *compiler[T]) isPassing(n *G.Node) bool {
	return c.at != nil && c.at[n] == each && !isInput(n) && !c.keep[n] && !isSum(n) && !c.isTotal(n) &&
		!slices.ContainsFunc(c.users[n], func(m *G.Node) bool { return c.at[m] != each })
}
