package report

import "fmt"

// differences are what else than the program may have changed the figures.
func differences(a, b *Report) []string {
	out := []string{}
	differ := func(what string, x, y any) {
		if x, y := fmt.Sprint(x), fmt.Sprint(y); x != y {
			out = append(out, fmt.Sprintf("%s: %s in A, %s in B", what, orNone(x), orNone(y)))
		}
	}
	differ("format", a.Format, b.Format)
	differ("processor", a.Machine.Processor, b.Machine.Processor)
	differ("processors", a.Machine.Processors, b.Machine.Processors)
	differ("memory", a.Machine.Memory, b.Machine.Memory)
	differ("system", a.Machine.System, b.Machine.System)
	differ("Go", a.Machine.Go, b.Machine.Go)
	differ("seed", a.Seed, b.Seed)
	for _, lists := range []struct {
		what string
		a, b []Setting
	}{{"version of ", a.Versions, b.Versions}, {"setting ", a.Settings, b.Settings}} {
		was, is := settings(lists.a), settings(lists.b)
		for _, s := range union(lists.a, lists.b) {
			differ(lists.what+s, was[s], is[s])
		}
	}
	missing := func(r *Report) map[string]string {
		m := map[string]string{}
		for _, p := range r.Peers {
			m[p.Name] = "measured"
			if p.Missing != "" {
				m[p.Name] = "missing"
			}
		}
		return m
	}
	was, is := missing(a), missing(b)
	for _, p := range peerNames(a, b) {
		differ("peer "+p, was[p], is[p])
	}
	return out
}

func orNone(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

func settings(list []Setting) map[string]string {
	out := map[string]string{}
	for _, s := range list {
		out[s.Name] = s.Value
	}
	return out
}

// union are the names of settings of both lists, each once, in their order.
func union(a, b []Setting) []string {
	var out []string
	seen := map[string]bool{}
	for _, list := range [][]Setting{a, b} {
		for _, s := range list {
			if !seen[s.Name] {
				seen[s.Name] = true
				out = append(out, s.Name)
			}
		}
	}
	return out
}

func peerNames(a, b *Report) []string {
	var list [2][]Setting
	for i, r := range []*Report{a, b} {
		for _, p := range r.Peers {
			list[i] = append(list[i], Setting{Name: p.Name})
		}
	}
	return union(list[0], list[1])
}
