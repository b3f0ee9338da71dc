package main

import (
	"slices"
	"strings"
	"testing"
)

func TestIntList(t *testing.T) {
	for text, want := range map[string][]int{
		"8": {8}, "1,2,8": {1, 2, 8}, "1-4": {1, 2, 3, 4}, "8, 1-2 ,8": {8, 1, 2, 8}, "5-5": {5}, "0": {0}, "1 - 3": {1, 2, 3},
	} {
		got, err := intList(text)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"": "no list of numbers", ",": "no list", "1,,2": "no list", "x": "no list", "1-": "no list", "-1": "no list", "1-2-3": "no list", "3x": "no list", "1-4x": "no list", "1.5": "no list", "+1": "no list",
		"99999999999999999999": "no list", "4-1": "the range 4-1 runs backwards", "1-2000000000": "more than 10000 numbers", "1-9000,1-9000": "more than 10000 numbers",
	} {
		if got, err := intList(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v; want an error with %q", text, got, err, want)
		}
	}
	if got, err := intList("1-10000"); err != nil || len(got) != 10000 {
		t.Errorf("the longest list: %d numbers, %v", len(got), err)
	}
}
