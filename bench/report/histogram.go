package report

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// NewHistogram counts latencies in nanoseconds, up to an hour, each to three significant digits. Record bounds what it is given:
//
//	h.RecordValue(min(int64(took), h.HighestTrackableValue()))
func NewHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, int64(time.Hour), 3) }

// Encode writes a histogram of nanoseconds as [Series.Histogram] holds it: HdrHistogram's V2 compressed encoding with its cookie, in base64. What reads
// that format elsewhere (hdrhistogram.org has programs for it) reads this.
func Encode(h *hdrhistogram.Histogram) (string, error) {
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return "", fmt.Errorf("encoding a histogram: %w", err)
	}
	return string(text), nil
}

// Decode reads what Encode wrote.
func Decode(text string) (*hdrhistogram.Histogram, error) {
	h, err := hdrhistogram.Decode([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("this is no histogram in HdrHistogram's V2 compressed encoding: %w", err)
	}
	return h, nil
}

// percentiles are those that tables show of a histogram.
var percentiles = []float64{50, 90, 99, 99.9}

// quantile is the latency in seconds that so many percent of a histogram's do not exceed, to its precision.
func quantile(h *hdrhistogram.Histogram, percent float64) float64 {
	return float64(h.ValueAtPercentile(percent)) / 1e9
}
