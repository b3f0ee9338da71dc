package config

import (
	"strconv"
	"time"

	"github.com/atoll-sql/atoll/internal/yamldoc"
)

// Heat says how it is counted what the shards are asked.
type Heat struct {
	File   string        // where counts are added up beyond one process; "" means that they stay in memory
	Window time.Duration // a statement from one window ago counts 1/e of one from now
	Alert  float64       // a shard that is asked more than so many times as often as the median shard is an alert
}

// What holds where the configuration says nothing.
const (
	heatWindow = time.Hour
	heatAlert  = 3
	heatFile   = "heat.json"
)

// heat reads the settings of heat. With the section, but no file in it, the file has its usual name.
func (l *loader) heat(n *yamldoc.Node) Heat {
	out := Heat{Window: heatWindow, Alert: heatAlert}
	if n == nil {
		return out
	}
	f := l.Fields(n, "file", "window", "alert")
	if f == nil {
		return out
	}
	out.File = l.file(heatFile)
	if n := f.Get("file"); n != nil {
		out.File = l.file(l.Text(n))
	}
	if n := f.Get("window"); n != nil {
		out.Window = l.duration(n)
		if out.Window > 0 && (out.Window < time.Minute || out.Window > 31*24*time.Hour) {
			l.Fail(n.At, "%s must be from 1m to 744h", n.Path)
		}
	}
	if n := f.Get("alert"); n != nil {
		v, err := strconv.ParseFloat(n.Text, 64)
		if n.Kind != yamldoc.Integer && n.Kind != yamldoc.Number || err != nil || !(v > 1 && v <= 1000) {
			l.Fail(n.Place(), "%s must be a number above 1, up to 1000: how many times the median", n.Path)
		}
		out.Alert = v
	}
	return out
}
