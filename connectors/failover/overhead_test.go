package failover

import (
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// instant answers every statement at once, without rows.
type instant struct{ *fake }

type nothing struct{}

func (instant) Query(context.Context, connectors.Statement) (connectors.Reader, error) {
	return nothing{}, nil
}
func (instant) Position(context.Context) (connectors.Position, error) {
	return connectors.Position{}, nil
}
func (nothing) Next(context.Context) (arrow.Record, error) { return nil, io.EOF }
func (nothing) Stats() connectors.Stats                    { return connectors.Stats{} }
func (nothing) Close() error                               { return nil }

// BenchmarkOverhead is what a statement costs beside what its server takes: of one server, of one with a replica before and after there is anything to hedge by.
func BenchmarkOverhead(b *testing.B) {
	for _, tc := range []struct {
		replicas int
		warm     bool
	}{{0, false}, {1, false}, {1, true}} {
		b.Run(fmt.Sprintf("replicas=%d/hedging=%v", tc.replicas, tc.warm), func(b *testing.B) {
			var ends []Endpoint
			for i := range tc.replicas {
				ends = append(ends, Endpoint{Name: fmt.Sprint(i), Conn: instant{newFake("r")}})
			}
			s := New("eu-1", Endpoint{Conn: instant{newFake("p")}}, ends, Options{MaxStaleness: -1})
			if tc.warm {
				s.Probe(b.Context())
			}
			ctx := (&Query{}).Context(b.Context())
			b.ReportAllocs()
			for b.Loop() {
				r, err := s.Query(ctx, connectors.Statement{})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := r.Next(ctx); err != io.EOF {
					b.Fatal(err)
				}
				if err := r.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
